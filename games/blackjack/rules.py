"""The rules of a table, as an object that operators write and players read."""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from games.blackjack.errors import InvalidRules
from games.shoe import shoe_size


class BlackjackPays(StrEnum):
    """What a natural wins, for each unit of the bet."""

    THREE_TO_TWO = "3:2"
    SIX_TO_FIVE = "6:5"
    ONE_TO_ONE = "1:1"


class DoubleOn(StrEnum):
    """On which first two cards doubling is allowed; the numbers mean hard totals."""

    ANY = "any"
    NINE_TO_ELEVEN = "9-11"
    TEN_OR_ELEVEN = "10-11"


class SplitBy(StrEnum):
    """What makes two cards a pair: equal points (a king and a ten), or equal rank."""

    VALUE = "value"
    RANK = "rank"


class Surrender(StrEnum):
    """Whether half the bet may be given up as the first move, after the dealer looked for a natural."""

    NONE = "none"
    LATE = "late"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one table. The defaults are the house's."""

    decks: int = 6
    dealer_hits_soft_17: bool = False
    blackjack_pays: BlackjackPays = BlackjackPays.THREE_TO_TWO
    double: DoubleOn = DoubleOn.ANY
    double_after_split: bool = True
    max_hands: int = 4
    resplit_aces: bool = False
    hit_split_aces: bool = False
    split_by: SplitBy = SplitBy.VALUE
    surrender: Surrender = Surrender.LATE
    insurance: bool = True
    dealer_peeks: bool = True
    penetration: float = 0.75


PAYS: Final = {
    BlackjackPays.THREE_TO_TWO: (3, 2),
    BlackjackPays.SIX_TO_FIVE: (6, 5),
    BlackjackPays.ONE_TO_ONE: (1, 1),
}
"""What a natural wins as (numerator, denominator)."""

HARD_DOUBLES: Final = {
    DoubleOn.ANY: None,
    DoubleOn.NINE_TO_ELEVEN: frozenset({9, 10, 11}),
    DoubleOn.TEN_OR_ELEVEN: frozenset({10, 11}),
}
"""The hard totals that may be doubled; None where every hand may be."""


def rules_text(rules: Rules) -> str:
    """The rules as JSON, keys in alphabetical order, without blanks: what a shoe is bound to."""
    return msgspec.json.encode(rules, order="sorted").decode()


def cut_card(rules: Rules, decks: int) -> int:
    """How many cards of a shoe lie before its cut card."""
    return math.floor(shoe_size(decks) * rules.penetration)


def parse_rules(fields: Mapping[str, object]) -> Rules:
    """Read a rules object; missing keys take the defaults. Raises `InvalidRules` with the key at fault."""
    parsed: dict[str, object] = {}
    for key, value in fields.items():
        parse = _FIELDS.get(key)
        if parse is None:
            raise InvalidRules(str(key))
        try:
            parsed[key] = parse(value)
        except ValueError:
            raise InvalidRules(key) from None
    return msgspec.convert(parsed, Rules)


def _integer(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return parse


def _boolean(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _choice(choices: type[StrEnum]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004 - every bad value ends as the same refusal
        return choices(value)

    return parse


def _penetration(value: object) -> float:
    if type(value) not in (int, float) or not 0.5 <= value <= 0.9:  # type: ignore[operator] # checked just before
        raise ValueError
    return float(value)  # type: ignore[arg-type] # an int or a float by now


_FIELDS: Final[dict[str, Callable[[object], object]]] = {
    "decks": _integer(1, 8),
    "dealer_hits_soft_17": _boolean,
    "blackjack_pays": _choice(BlackjackPays),
    "double": _choice(DoubleOn),
    "double_after_split": _boolean,
    "max_hands": _integer(2, 4),
    "resplit_aces": _boolean,
    "hit_split_aces": _boolean,
    "split_by": _choice(SplitBy),
    "surrender": _choice(Surrender),
    "insurance": _boolean,
    "dealer_peeks": _boolean,
    "penetration": _penetration,
}
