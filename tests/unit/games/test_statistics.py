"""Thousands of rounds from fresh shoes of six decks end each way as often as counting the cards says.

A right game fails one of these with a chance of one in a million for each choice of seeds (`FALSE_ALARM`).
The seeds are fixed: a failure is a bug. Everybody stands at once, so only the rules decide.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random

import pytest

from economy.money import Money
from games.blackjack.commands import Act, Command, Deal, Expire, PlaceBet, TakeSeat
from games.blackjack.decide import decide_and_evolve
from games.blackjack.rules import Rules
from games.blackjack.state import TableConfig, TableState, new_table
from games.blackjack.terms import Move, OnTimeout, Phase
from games.cards import Card
from games.shoe import ScriptedDealer, unshuffled
from tests.builders import user
from tests.unit.games.evidence import FALSE_ALARM, counts_p, mean_p

Left = tuple[int, ...]
"""How many cards of each value are left, from ace to ten."""
Ends = dict[int, float]
"""The chance of each end of the dealer."""

SIX_DECKS: Left = (24,) * 9 + (96,)
SHOE = unshuffled(6)
BUST, NATURAL = 22, 23


# Counting the cards, without the game's own code.


def drawn(left: Left) -> Iterator[tuple[int, float, Left]]:
    """Each value that may come next, its chance, and what is left then."""
    total = sum(left)
    for value, cards in enumerate(left, start=1):
        if cards:
            yield value, cards / total, (*left[: value - 1], cards - 1, *left[value:])


@cache
def goes_on(points: int, left: Left, *, has_ace: bool, hits_soft_17: bool) -> Ends:
    """How a dealer ends who has these points, an ace counted one."""
    is_soft = has_ace and points <= 11
    total = points + 10 if is_soft else points
    if total > 17 or (total == 17 and not (is_soft and hits_soft_17)):
        return {min(total, BUST): 1.0}
    ends: Ends = {}
    for value, chance, rest in drawn(left):
        more = goes_on(points + value, rest, has_ace=has_ace or value == 1, hits_soft_17=hits_soft_17)
        for end, part in more.items():
            ends[end] = ends.get(end, 0) + chance * part
    return ends


@cache
def dealer_ends(left: Left, *, hits_soft_17: bool) -> Ends:
    """How a dealer ends who draws from these cards."""
    ends: Ends = {}
    for up, chance, rest in drawn(left):
        for second, chance_then, rest_then in drawn(rest):
            if {up, second} == {1, 10}:
                more = {NATURAL: 1.0}
            else:
                has_ace = 1 in {up, second}
                more = goes_on(up + second, rest_then, has_ace=has_ace, hits_soft_17=hits_soft_17)
            for end, part in more.items():
                ends[end] = ends.get(end, 0) + chance * chance_then * part
    return ends


def ends_of_standing() -> dict[str, float]:
    """How a player ends who stands on any two cards, where the dealer stands on all 17."""
    outcomes: dict[str, float] = {}
    for one, chance, rest in drawn(SIX_DECKS):
        for other, chance_then, rest_then in drawn(rest):
            total = one + other + (10 if 1 in {one, other} else 0)
            for end, part in dealer_ends(rest_then, hits_soft_17=False).items():
                outcome = ended(total, end)
                outcomes[outcome] = outcomes.get(outcome, 0) + chance * chance_then * part
    return outcomes


def ended(total: int, end: int) -> str:
    """How two cards of this total end; 21 is a natural."""
    if total == 21:
        return "push" if end == NATURAL else "blackjack"
    if end == BUST or (total > end and end != NATURAL):
        return "win"
    return "push" if total == end else "lose"


# Playing.


def settled(rules: Rules, cards: list[Card], seats: int, *, insures: bool = False) -> TableState:
    """A round of so many seats that bet two cents, insure or not, and stand."""
    config = TableConfig(
        table_id="test-1", name="T", rules=rules, min_bet=Money(1), seats=seats, on_timeout=OnTimeout.STAND
    )
    state = new_table(config, commitment="c1", next_commitment="c2")
    dealer = ScriptedDealer(cards)

    def do(command: Command) -> None:
        nonlocal state
        state = decide_and_evolve(state, command, dealer)[1]

    for seat in range(1, seats + 1):
        do(TakeSeat(user_id=user(seat), name="Name", seat=seat))
        do(PlaceBet(user_id=user(seat), amount=Money(2)))
    do(Deal(connected=frozenset()))
    if insures and state.phase is Phase.INSURANCE:
        do(Act(user_id=user(1), round_id=state.round_id or "", hand=0, move=Move.INSURE))
    while state.phase is not Phase.SETTLED:
        do(Expire())
    return state


def dealer_end(cards: tuple[Card, ...]) -> int:
    """The dealer's total, or that it is a natural or bust."""
    points = sum(min(card % 13 + 1, 10) for card in cards)
    total = points + 10 if points <= 11 and any(card % 13 == 0 for card in cards) else points
    return NATURAL if total == 21 and len(cards) == 2 else min(total, BUST)


@pytest.mark.parametrize("peeks", [True, False])
@pytest.mark.parametrize("hits_soft_17", [True, False])
def test_the_dealer_ends_on_each_total_as_often_as_counted(*, hits_soft_17: bool, peeks: bool) -> None:
    """One of four seats is no natural, so the dealer plays (but once in some 200,000 rounds)."""
    rules = Rules(dealer_hits_soft_17=hits_soft_17, dealer_peeks=peeks)
    chance = Random(f"dealer {hits_soft_17} {peeks}")
    ends = Counter(dealer_end(settled(rules, chance.sample(SHOE, 50), 4).dealer) for _ in range(3_000))
    assert counts_p(ends, dealer_ends(SIX_DECKS, hits_soft_17=hits_soft_17)) >= FALSE_ALARM


def test_a_player_who_stands_ends_each_way_as_often_as_counted() -> None:
    chance = Random("standing")
    outcomes: Counter[str] = Counter()
    for _ in range(6_000):
        outcome = settled(Rules(), chance.sample(SHOE, 40), 1).seats[0].hands[0].outcome
        outcomes[outcome.value if outcome else ""] += 1
    assert counts_p(outcomes, ends_of_standing()) >= FALSE_ALARM


def test_players_have_naturals_as_often_as_counted_in_every_seat() -> None:
    """2 x 24 x 96 of 312 x 311 ordered hands of two cards: 0.04749."""
    chance = Random("naturals")
    naturals: list[list[int]] = [[] for _ in range(7)]
    for _ in range(1_500):
        state = settled(Rules(), chance.sample(SHOE, 80), 7)
        for seat, hands in enumerate(naturals):
            hands.append(state.seats[seat].hands[0].status == "blackjack")
    assert all(mean_p(hands, 2 * 24 * 96 / (312 * 311)) >= FALSE_ALARM for hands in naturals)


@pytest.mark.parametrize("peeks", [True, False])
def test_insurance_loses_what_counting_says(*, peeks: bool) -> None:
    """Under an ace 96 of 311 cards are tens and pay 2 to 1: (2 x 96 - 215) / 311 = -23 / 311 of the stake."""
    chance = Random(f"insurance {peeks}")
    rules = Rules(dealer_peeks=peeks)
    aces = [card for card in SHOE if card % 13 == 0]
    results = []
    for _ in range(5_000):
        up_card = chance.choice(aces)
        others = SHOE.copy()
        others.remove(up_card)
        first, *rest = chance.sample(others, 40)
        seat = settled(rules, [first, up_card, *rest], 1, insures=True).seats[0]
        assert seat.insurance == 1
        results.append(seat.insurance_payout - 1)
    assert set(results) == {-1, 2}
    assert mean_p(results, -23 / 311) >= FALSE_ALARM
