"""What the judges find: each thing by its kind, in words, with where it was seen."""

from collections import Counter
from typing import Final

import msgspec

TOLD: Final = 50  # findings of one kind that are told in full; all are counted


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that must not be."""

    kind: str
    detail: str
    table_id: str | None = None
    version: int | None = None
    user_id: str | None = None
    connection: str | None = None


class Findings:
    """All that was found, and how much was looked at."""

    def __init__(self) -> None:
        self.told: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.checked: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Something was found."""
        self.counts[finding.kind] += 1
        if self.counts[finding.kind] <= TOLD:
            self.told.append(finding)

    def looked_at(self, what: str, number: int = 1) -> None:
        """So many things of this sort were judged."""
        self.checked[what] += number
