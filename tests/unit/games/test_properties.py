"""What holds in every state that any commands lead to, under any rules."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economy.money import Money
from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.events import (
    Event,
    RoundSettled,
    decode_events,
    encode_events,
)
from games.blackjack.evolve import fold
from games.blackjack.history import round_record
from games.blackjack.rules import Rules
from games.blackjack.script import parse_script, replay
from games.blackjack.settle import Flow, movements, settled_stakes
from games.blackjack.state import (
    TableConfig,
    TableState,
    decode_state,
    encode_state,
    new_table,
    stakes,
)
from games.blackjack.terms import Phase
from tests.builders import ShuffledDealer, Table, a_config, user
from tests.unit.games.oracle import judged
from tests.unit.games.walks import any_command, any_config, any_rules, fitting_act

numbers = st.lists(st.integers(0, 29_999), max_size=60)
WALKS = settings(max_examples=80, deadline=None, derandomize=True)
ROUNDS = settings(max_examples=120, deadline=None, derandomize=True)


def table_of(config: TableConfig, seed: int) -> tuple[TableState, ShuffledDealer]:
    """A new table and who deals there."""
    dealer = ShuffledDealer(seed)
    return new_table(config, commitment="c1", next_commitment="c2"), dealer


@WALKS
@given(config=any_config, other=any_config, seed=st.integers(0, 999), choices=numbers)
def test_any_commands_keep_money_state_and_bytes_together(
    config: TableConfig, other: TableConfig, seed: int, choices: list[int]
) -> None:
    state, dealer = table_of(config, seed)
    escrow = 0
    for number in choices:
        command = any_command(state, number, other)
        before = encode_state(state)
        try:
            events, after = decide_and_evolve(state, command, dealer)
        except RuleViolation as refusal:
            check_refusal(refusal)
            assert before == encode_state(state)
            continue
        assert fold(state, events) == after
        assert decode_events(encode_events(events)) == events
        assert decode_state(encode_state(after)) == after
        escrow = moved_escrow(escrow, state, events)
        assert stakes(after) == escrow
        check_settled_stakes(state, events)
        check_shape(after)
        state = after


def check_refusal(refusal: RuleViolation) -> None:
    """A refusal has a code, and facts that can be written."""
    assert refusal.code
    msgspec.json.encode(refusal.facts())


def moved_escrow(escrow: int, before: TableState, events: tuple[Event, ...]) -> int:
    """The escrow after the events' movements; on the way it never lacks anything."""
    bank_moves = 0
    for movement in movements(before, events):
        assert movement.amount > 0
        if movement.kind in {Flow.STAKE, Flow.FROM_BANK}:
            escrow += movement.amount
        else:
            escrow -= movement.amount
        assert escrow >= 0
        bank_moves += movement.kind in {Flow.TO_BANK, Flow.FROM_BANK}
        assert (movement.user_id is None) == (movement.kind in {Flow.TO_BANK, Flow.FROM_BANK})
    assert bank_moves <= 1
    return escrow


def check_settled_stakes(before: TableState, events: tuple[Event, ...]) -> None:
    """Staked less paid is what the bank got."""
    settled = settled_stakes(before, events)
    gain = sum(stake.staked - stake.paid for stake in settled)
    banked = sum(
        movement.amount if movement.kind is Flow.TO_BANK else -movement.amount
        for movement in movements(before, events)
        if movement.kind in {Flow.TO_BANK, Flow.FROM_BANK}
    )
    assert banked == gain
    assert bool(settled) == any(isinstance(event, RoundSettled) for event in events)


def check_shape(state: TableState) -> None:
    """What a state in each phase looks like."""
    assert (state.turn is not None) == (state.phase is Phase.PLAYING)
    assert (state.round_id is None) == (state.phase in {Phase.WAITING, Phase.CLOSED})
    assert len(state.seats) == state.config.seats
    if state.phase in {Phase.WAITING, Phase.CLOSED}:
        assert not any(seat.user_id for seat in state.seats)
        assert state.pending_config is None
    if state.phase is Phase.BETTING:
        assert any(seat.user_id for seat in state.seats)
        assert not any(seat.hands for seat in state.seats)
    if state.phase is not Phase.SETTLED:
        assert not state.is_shoe_finished
    assert state.is_closing <= (state.phase in {Phase.INSURANCE, Phase.PLAYING, Phase.SETTLED})
    assert 0 <= state.first_card <= state.position <= state.decks * 52


def a_round(rules: Rules, seed: int, bets: list[int], choices: list[int], *, rounds_before: int = 0) -> Table:
    """A table after a whole round by legal moves; rounds before it leave the shoe where they may."""
    table = Table(a_config(rules=rules, seats=len(bets)), ShuffledDealer(seed))
    table.sit(*range(1, len(bets) + 1))
    for _ in range(rounds_before + 1):
        if table.state.phase is Phase.SETTLED:
            table.expire()
        table.bet(dict(enumerate(bets, start=1)))
        table.deal()
        step = 0
        while table.state.phase is not Phase.SETTLED:
            number = choices[step % len(choices)]
            step += 1
            table.do(fitting_act(table.state, number))
    return table


any_round = {
    "rules": any_rules,
    "seed": st.integers(0, 9_999),
    "bets": st.lists(st.integers(1, 1_001), min_size=1, max_size=7),
    "choices": st.lists(st.integers(0, 59), min_size=1, max_size=40),
    "before": st.integers(0, 3),
}


@ROUNDS
@given(**any_round)
def test_every_round_ends_as_the_naive_blackjack_says_and_replays_to_the_same_end(
    rules: Rules, seed: int, bets: list[int], choices: list[int], before: int
) -> None:
    table = a_round(rules, seed, bets, choices, rounds_before=before)
    record = round_record(table.state, table.dealer)
    written = msgspec.json.encode(record)
    plain = msgspec.json.decode(written)
    expected = judged(plain)
    ended = {
        "dealer": plain["dealer"],
        "cards_used": plain["cards_used"],
        "seats": [
            {key: seat[key] for key in ("seat", "hands", "insurance", "net")} for seat in plain["seats"]
        ],
    }
    assert expected == ended
    assert expected == msgspec.json.decode(msgspec.json.encode(replay(parse_script(written))))


@pytest.mark.parametrize("seats", [1, 4, 7])
def test_a_state_stays_small(seats: int) -> None:
    table = a_round(Rules(), 5, [1_000] * seats, [1, 2, 3])
    assert len(encode_state(table.state)) < 1_000 + 200 * seats


def test_bets_of_the_highest_limit_stay_far_from_the_bounds_of_an_account() -> None:
    table = Table(a_config(seats=1, max_bet=10**12), ShuffledDealer(1))
    table.sit(1).bet({1: 10**12})
    assert stakes(table.state) == Money(10**12)
    assert table.state.seats[0].user_id == user(1)
