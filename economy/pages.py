"""Long answers in parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LIMIT: Final = 50
LIMIT_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One part; `next` is where the following one starts, None at the end."""

    items: tuple[T, ...]
    next: str | None


def page_of(rows: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """The first `limit` of at most `limit + 1` rows: the one too many only says that there are more."""
    items = tuple(rows[:limit])
    return Page(items=items, next=cursor(items[-1]) if len(rows) > limit else None)
