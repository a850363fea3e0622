"""Rules are pure: a state that was handed out never changes, and what is decided depends on it alone."""

from contextlib import suppress
from copy import deepcopy
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from economy.money import Money
from games.blackjack.commands import Act, Command, Kick, PlaceBet, TakeSeat, Void
from games.blackjack.decide import decide, decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.events import decode_events, encode_events
from games.blackjack.evolve import evolve, fold
from games.blackjack.rules import Rules
from games.blackjack.state import TableConfig, TableState, decode_state, encode_state, new_table
from games.blackjack.terms import Move
from tests.builders import ShuffledDealer, user
from tests.unit.games.lives import live, new_life
from tests.unit.games.walks import any_command, any_config, any_rules

WALKS = settings(max_examples=60, deadline=None, derandomize=True)
numbers = st.lists(st.integers(0, 29_999), min_size=10, max_size=60)


def answer(state: TableState, command: Command, dealer: ShuffledDealer) -> tuple[bytes, bytes] | str:
    """What happens and the state after it, as bytes, or the refusal's code and facts. A copy deals."""
    try:
        events, after = decide_and_evolve(state, command, deepcopy(dealer))
    except RuleViolation as refusal:
        return f"{refusal.code} {refusal.facts()}"
    return encode_events(events), encode_state(after)


@WALKS
@given(config=any_config, other=any_config, seed=st.integers(0, 999), choices=numbers)
def test_a_decision_is_the_same_twice_and_on_a_state_read_from_its_bytes(
    config: TableConfig, other: TableConfig, seed: int, choices: list[int]
) -> None:
    dealer = ShuffledDealer(seed)
    state = new_table(config, commitment="c1", next_commitment="c2")
    for first, second in pairwise(choices):
        command, another = any_command(state, first, other), any_command(state, second, other)
        before = encode_state(state)
        expected = answer(state, command, dealer)
        answer(state, another, dealer)  # done or refused, it leaves nothing behind
        assert expected == answer(state, command, dealer)
        assert expected == answer(decode_state(before), command, dealer)
        assert before == encode_state(state)
        if isinstance(expected, tuple):
            state = decide_and_evolve(state, command, dealer)[1]
            assert encode_state(state) == expected[1]


@WALKS
@given(rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7))
def test_no_state_of_a_life_changes_after_it_was_handed_out(rules: Rules, seed: int, seats: int) -> None:
    life = live(rules, ShuffledDealer(seed), Random(seed), seats=seats, rounds=4)
    states = [(step.after, encode_state(step.after)) for step in life]
    assert [kept for _, kept in states] == [encode_state(state) for state, _ in states]


@WALKS
@given(rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7))
def test_refusals_between_any_two_steps_leave_no_trace(rules: Rules, seed: int, seats: int) -> None:
    dealer, alike = ShuffledDealer(seed), ShuffledDealer(seed)
    state = new_life(rules, seats)
    for step in live(rules, ShuffledDealer(seed), Random(seed), seats=seats, rounds=2):
        for command in out_of_place(state, seats):
            before = encode_state(state)
            with suppress(RuleViolation):
                decide_and_evolve(state, command, alike)
            assert before == encode_state(state)
        events, state = decide_and_evolve(state, step.command, dealer)
        assert (step.events, step.after) == (events, state)


def out_of_place(state: TableState, seats: int) -> list[Command]:
    """Every move of every seat with several hands, bets, seats: nearly all are refused."""
    hands = {0, 1, state.turn.hand if state.turn else 2}
    round_id = state.round_id or ""
    moves = [
        Act(user_id=user(seat), round_id=round_id, hand=hand, move=move)
        for seat in range(1, seats + 1)
        for hand in hands
        for move in Move
    ]
    bets = [PlaceBet(user_id=user(seat), amount=Money(0)) for seat in range(seats + 1)]
    return [*moves, *bets, TakeSeat(user_id="new", name="New", seat=1), Kick(seat=9), Void(reason="")]


@WALKS
@given(rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7))
def test_a_life_folds_from_its_journal_event_by_event_to_each_of_its_states(
    rules: Rules, seed: int, seats: int
) -> None:
    replayed = new_life(rules, seats)
    for step in live(rules, ShuffledDealer(seed), Random(seed), seats=seats, rounds=4, voids=0.02):
        for event in decode_events(encode_events(step.events)):
            replayed = evolve(replayed, event)
        assert replayed == step.after == fold(step.before, step.events)
        assert encode_state(replayed) == encode_state(decode_state(encode_state(step.after)))


@WALKS
@given(rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7))
def test_what_is_decided_is_what_is_decided_and_evolved(rules: Rules, seed: int, seats: int) -> None:
    dealer, again = ShuffledDealer(seed), ShuffledDealer(seed)
    for step in live(rules, dealer, Random(seed), seats=seats, rounds=2):
        assert decide(step.before, step.command, again) == step.events
