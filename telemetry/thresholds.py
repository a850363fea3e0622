"""How long an operation may take before an operator hears of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_THRESHOLD_MS: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How long an operation may take, in ms; `db:*` stands for all names that begin so, the longest wins."""

    default_ms: float = DEFAULT_THRESHOLD_MS
    overrides: Mapping[str, float] = field(default_factory=dict)

    def of(self, operation: str) -> float:
        """The threshold of one operation, in ms."""
        exact = self.overrides.get(operation)
        if exact is not None:
            return exact
        prefixes = [name for name in self.overrides if name.endswith("*") and operation.startswith(name[:-1])]
        return self.overrides[max(prefixes, key=len)] if prefixes else self.default_ms
