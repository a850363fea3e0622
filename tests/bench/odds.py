"""The live engine's odds beside published ones: what the dealer ends with, naturals, insurance, house edges.

Each line gives the figure found, the published one, and how many standard errors lie between them. Published
figures hold for a fresh shoe, the engine deals to the cut card: a house edge may come out some hundredths of
a percent higher (`games.blackjack.published`).
"""

import math
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from msgspec.structs import asdict

from economy.money import Money
from games.blackjack.hand import TARGET
from games.blackjack.played import PlayedSeat
from games.blackjack.published import published_edge
from games.blackjack.round import Round
from games.blackjack.rules import Rules, parse_rules
from games.blackjack.simulate import Block, SimulatedShoe, Tally, blocks, play_block, worth
from games.blackjack.terms import HandStatus, Move, Phase
from tests.bench.output import say

DEALER_ROUNDS = 200_000
EDGE_ROUNDS = 4_000_000

# Michael Shackleford, Wizard of Odds, appendix 2b: one deck, dealer stands on soft 17, all up cards.
DEALER_ENDS = {
    "17": 0.14583,
    "18": 0.138063,
    "19": 0.13482,
    "20": 0.175806,
    "21": 0.0736296,
    "natural": 0.0482655,
    "bust": 0.283585,
}
# By counting: 2 * 24 * 96 of 312 * 311 hands of two cards from six decks are naturals.
NATURAL_OF_SIX_DECKS = 0.0474895
# By counting: with an ace up 96 of the 311 other cards are tens; insurance pays 2 to 1: (2 * 96 - 215) / 311.
INSURANCE_OF_SIX_DECKS = -23 / 311
EDGES: tuple[dict[str, object], ...] = (
    {},
    {"surrender": "none", "decks": 1},
    {
        "surrender": "none",
        "decks": 1,
        "dealer_hits_soft_17": True,
        "double": "10-11",
        "double_after_split": False,
    },
    {"surrender": "none", "decks": 2},
    {"surrender": "none", "decks": 2, "dealer_hits_soft_17": True, "resplit_aces": True},
    {"surrender": "none", "decks": 5},
    {"surrender": "none", "decks": 5, "dealer_hits_soft_17": True, "double_after_split": False},
    {"surrender": "none", "decks": 6, "dealer_hits_soft_17": True, "dealer_peeks": False},
    {"surrender": "none", "decks": 8, "dealer_hits_soft_17": True, "dealer_peeks": False},
)


def run() -> None:
    """All of the odds; some minutes."""
    _dealer()
    _first_cards()
    for keys in EDGES:
        _edge(parse_rules(keys))


def _dealer() -> None:
    """The dealer's end from the top of a fresh deck, against two players who stand on anything.

    Two, because the dealer does not draw against a natural alone: that both have one is too rare to matter.
    """
    ends: Counter[str] = Counter()
    for round_ in _stood_rounds(Rules(decks=1), DEALER_ROUNDS, seats=2):
        ends[_end_of(round_)] += 1
    for end, published in DEALER_ENDS.items():
        _say_share(f"dealer ends with {end}, one deck", ends[end], DEALER_ROUNDS, published)


def _first_cards() -> None:
    """Naturals, and what an insurance of one unit is worth, from the top of six fresh decks."""
    naturals = insured = won = 0
    for round_ in _stood_rounds(Rules(), DEALER_ROUNDS, insures=True):
        naturals += round_.seats[0].hands[0].status is HandStatus.BLACKJACK
        if round_.seats[0].insurance:
            insured += 1
            won += _end_of(round_) == "natural"
    _say_share("player's natural, six decks", naturals, DEALER_ROUNDS, NATURAL_OF_SIX_DECKS)
    share = won / insured
    error = 3 * math.sqrt(share * (1 - share) / insured)
    _say("insurance, six decks, per unit", 3 * share - 1, INSURANCE_OF_SIX_DECKS, error)


def _stood_rounds(rules: Rules, rounds: int, *, seats: int = 1, insures: bool = False) -> Iterator[Round]:
    """Rounds from a fresh shoe each, in which every seat stands; `insures` is its answer to insurance."""
    for number in range(rounds):
        played = [PlayedSeat(seat, "", Money(1_000), None, []) for seat in range(1, seats + 1)]
        round_ = Round(rules, SimulatedShoe(rules, Block(seed="odds", number=number, rounds=1)), played)
        round_.deal()
        if round_.phase is Phase.INSURANCE:
            for seat in played:
                round_.answer_insurance(seat, insures=insures)
        while round_.phase is not Phase.SETTLED:
            round_.play(Move.STAND)
        yield round_


def _end_of(round_: Round) -> str:
    if round_.end.has_natural:
        return "natural"
    return "bust" if round_.end.total > TARGET else str(round_.end.total)


def _edge(rules: Rules) -> None:
    """The house edge of some millions of rounds on all cores."""
    total = Tally()
    context = get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        for tally in pool.map(partial(play_block, rules), blocks("odds", EDGE_ROUNDS)):
            total.add(tally)
    found, published = worth(total), published_edge(rules)
    assert published is not None
    changed = {key: value for key, value in asdict(rules).items() if value != getattr(Rules(), key)}
    about = "estimate, " if published.is_estimate else ""
    _say(
        f"house edge {changed or 'of the default rules'} ({about}{published.source})",
        found.house_edge,
        published.house_edge,
        found.standard_error,
    )


def _say_share(name: str, count: int, of: int, published: float) -> None:
    share = count / of
    _say(name, share, published, math.sqrt(share * (1 - share) / of))


def _say(name: str, found: float, published: float, standard_error: float) -> None:
    apart = (found - published) / standard_error
    say("odds", f"{name}: {found:.6f}, published {published:.6f}, {apart:+.1f} standard errors")
