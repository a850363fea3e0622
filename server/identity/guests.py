"""Made-up names for guests."""

from collections.abc import Callable, Sequence
from typing import Final

_FIRST: Final = (
    "Amber", "Brave", "Calm", "Clever", "Crimson", "Dapper", "Eager", "Fancy", "Gentle", "Golden",
    "Happy", "Jolly", "Keen", "Lucky", "Mellow", "Merry", "Misty", "Nimble", "Plucky", "Proud", "Quick",
    "Quiet", "Rapid", "Royal", "Silver", "Sly", "Snowy", "Steady", "Sunny", "Swift", "Witty", "Zesty",
)  # fmt: skip
_SECOND: Final = (
    "Badger", "Bear", "Crane", "Dingo", "Eagle", "Falcon", "Ferret", "Fox", "Gecko", "Hare", "Heron",
    "Ibis", "Jackal", "Koala", "Lemur", "Lion", "Lynx", "Magpie", "Marten", "Moose", "Newt", "Otter",
    "Owl", "Panda", "Parrot", "Puffin", "Raven", "Robin", "Stork", "Swan", "Tiger", "Wolf",
)  # fmt: skip
_NUMBERS: Final = 9_000


def guest_name(below: Callable[[int], int]) -> str:
    """One of some nine million names of 8 to 19 characters; `below(n)` picks a number from 0 to n - 1."""
    return f"{_pick(_FIRST, below)} {_pick(_SECOND, below)} {1_000 + below(_NUMBERS)}"


def _pick(words: Sequence[str], below: Callable[[int], int]) -> str:
    return words[below(len(words))]
