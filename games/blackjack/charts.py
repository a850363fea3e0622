"""The charts of basic strategy: for one, two, and four to eight decks.

Source: Michael Shackleford, Wizard of Odds, "1-Deck", "2-Deck" and "4-Deck to 8-Deck Blackjack Strategy",
with his rules for tables where the dealer does not peek. What he leaves open (one deck without a peek, split
aces that may be hit) is computed, and every call is checked, by the solver among the tests.

Rows are by the player's hard total, soft total, or the points of one card of a pair; columns by the dealer's
up card from 2 to ace. Hard totals without a row are hit up to 7 and stand from 18. Pairs without a row
(fives, tens) are played by their total, as is every pair that may not be split.

    H  hit                         P  split
    S  stand                       p  split if doubling after it is allowed, else by the total
    D  double, else hit            a  split if split aces may be hit, else hit, else split
    d  double, else stand          Q  surrender, else split
    R  surrender, else hit         q  split if doubling after it is allowed, else as Q
    r  surrender, else stand
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Rows = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows of ten calls each; one for an exception holds only the rows that it replaces."""

    hard: Rows = field(default_factory=dict)
    soft: Rows = field(default_factory=dict)
    pairs: Rows = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartBook:
    """A chart for a dealer who peeks and stands on soft 17, and the rows that differ for others.

    `both` is for one who hits soft 17 and does not peek, on top of the exceptions for either.
    """

    chart: Chart
    hits_soft_17: Chart
    no_peek: Chart
    both: Chart = Chart()


_ONE_DECK: Final = ChartBook(
    chart=Chart(
        hard={
            #    23456789TA
            8: "HHHDDHHHHH",
            9: "DDDDDHHHHH",
            10: "DDDDDDDDHH",
            11: "DDDDDDDDDD",
            12: "HHSSSHHHHH",
            13: "SSSSSHHHHH",
            14: "SSSSSHHHHH",
            15: "SSSSSHHHHH",
            16: "SSSSSHHHRR",
            17: "SSSSSSSSSS",
        },
        soft={
            #    23456789TA
            12: "HHHDDHHHHH",
            13: "HHDDDHHHHH",
            14: "HHDDDHHHHH",
            15: "HHDDDHHHHH",
            16: "HHDDDHHHHH",
            17: "DDDDDHHHHH",
            18: "SddddSSHHS",
            19: "SSSSdSSSSS",
            20: "SSSSSSSSSS",
        },
        pairs={
            #   23456789TA
            1: "PPPPPPPPPP",
            2: "pPPPPPHHHH",
            3: "ppPPPPpHHH",
            4: "HHpppHHHHH",
            6: "PPPPPpHHHH",
            7: "PPPPPPpHrH",
            8: "PPPPPPPPPP",
            9: "PPPPPSPPSS",
        },
    ),
    hits_soft_17=Chart(
        hard={15: "SSSSSHHHHR", 17: "SSSSSSSSSr"},
        soft={18: "SddddSSHHH"},
        pairs={7: "PPPPPPpHrR", 9: "PPPPPSPPSp"},
    ),
    no_peek=Chart(
        hard={11: "DDDDDDDDHH"},
        pairs={1: "PPPPPPPPPa", 8: "PPPPPPPPRH"},
    ),
    both=Chart(pairs={8: "PPPPPPPPRR", 9: "PPPPPSPPSS"}),
)

_TWO_DECKS: Final = ChartBook(
    chart=Chart(
        hard={
            #    23456789TA
            8: "HHHHHHHHHH",
            9: "DDDDDHHHHH",
            10: "DDDDDDDDHH",
            11: "DDDDDDDDDD",
            12: "HHSSSHHHHH",
            13: "SSSSSHHHHH",
            14: "SSSSSHHHHH",
            15: "SSSSSHHHRH",
            16: "SSSSSHHHRR",
            17: "SSSSSSSSSS",
        },
        soft={
            #    23456789TA
            12: "HHHDDHHHHH",
            13: "HHHDDHHHHH",
            14: "HHHDDHHHHH",
            15: "HHDDDHHHHH",
            16: "HHDDDHHHHH",
            17: "HDDDDHHHHH",
            18: "SddddSSHHS",
            19: "SSSSSSSSSS",
            20: "SSSSSSSSSS",
        },
        pairs={
            #   23456789TA
            1: "PPPPPPPPPP",
            2: "ppPPPPHHHH",
            3: "ppPPPPHHHH",
            4: "HHHppHHHHH",
            6: "PPPPPpHHHH",
            7: "PPPPPPpHHH",
            8: "PPPPPPPPPP",
            9: "PPPPPSPPSS",
        },
    ),
    hits_soft_17=Chart(
        hard={15: "SSSSSHHHRR", 17: "SSSSSSSSSr"},
        soft={14: "HHDDDHHHHH", 18: "dddddSSHHH", 19: "SSSSdSSSSS"},
        pairs={8: "PPPPPPPPPq"},
    ),
    no_peek=Chart(
        hard={11: "DDDDDDDDHH"},
        pairs={1: "PPPPPPPPPa", 8: "PPPPPPPPRR"},
    ),
)

_FOUR_TO_EIGHT_DECKS: Final = ChartBook(
    chart=Chart(
        hard={
            #    23456789TA
            8: "HHHHHHHHHH",
            9: "HDDDDHHHHH",
            10: "DDDDDDDDHH",
            11: "DDDDDDDDDH",
            12: "HHSSSHHHHH",
            13: "SSSSSHHHHH",
            14: "SSSSSHHHHH",
            15: "SSSSSHHHRH",
            16: "SSSSSHHRRR",
            17: "SSSSSSSSSS",
        },
        soft={
            #    23456789TA
            12: "HHHHDHHHHH",
            13: "HHHDDHHHHH",
            14: "HHHDDHHHHH",
            15: "HHDDDHHHHH",
            16: "HHDDDHHHHH",
            17: "HDDDDHHHHH",
            18: "SddddSSHHH",
            19: "SSSSSSSSSS",
            20: "SSSSSSSSSS",
        },
        pairs={
            #   23456789TA
            1: "PPPPPPPPPP",
            2: "ppPPPPHHHH",
            3: "ppPPPPHHHH",
            4: "HHHppHHHHH",
            6: "pPPPPHHHHH",
            7: "PPPPPPHHHH",
            8: "PPPPPPPPPP",
            9: "PPPPPSPPSS",
        },
    ),
    hits_soft_17=Chart(
        hard={11: "DDDDDDDDDD", 15: "SSSSSHHHRR", 17: "SSSSSSSSSr"},
        soft={18: "dddddSSHHH", 19: "SSSSdSSSSS"},
        pairs={8: "PPPPPPPPPQ"},
    ),
    no_peek=Chart(
        hard={11: "DDDDDDDDHH"},
        pairs={1: "PPPPPPPPPa", 8: "PPPPPPPPRR"},
    ),
)


def chart_for(*, decks: int, hits_soft_17: bool, peeks: bool) -> Chart:
    """The whole chart for a table; three decks go by that of four, which suits them better."""
    book = _ONE_DECK if decks == 1 else _TWO_DECKS if decks == 2 else _FOUR_TO_EIGHT_DECKS
    chart = book.chart
    if hits_soft_17:
        chart = _with(chart, book.hits_soft_17)
    if not peeks:
        chart = _with(chart, book.no_peek)
    if hits_soft_17 and not peeks:
        chart = _with(chart, book.both)
    return chart


def _with(chart: Chart, exception: Chart) -> Chart:
    return Chart(
        hard={**chart.hard, **exception.hard},
        soft={**chart.soft, **exception.soft},
        pairs={**chart.pairs, **exception.pairs},
    )
