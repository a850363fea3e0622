"""What holds in every state that any commands lead to, under any rules."""

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economy.money import Money
from games.blackjack.commands import Command, Expire
from games.blackjack.decide import decide, decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.events import (
    DealerDrew,
    Event,
    HandDoubled,
    HandHit,
    HoleCardRevealed,
    RoundDealt,
    RoundSettled,
    SplitCardDealt,
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
    shoes_of_round,
    stakes,
)
from games.blackjack.terms import Phase
from games.blackjack.view import view
from games.cards import Card, parse_cards
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


def a_round(
    rules: Rules, seed: int, bets: list[int], choices: list[int], *, rounds_before: int = 0
) -> tuple[Table, list[Event]]:
    """A whole round by legal moves, and its events; rounds before it leave the shoe where they may."""
    table = Table(a_config(rules=rules, seats=len(bets)), ShuffledDealer(seed))
    table.sit(*range(1, len(bets) + 1))
    events: list[Event] = []
    for _ in range(rounds_before + 1):
        if table.state.phase is Phase.SETTLED:
            table.expire()
        table.bet(dict(enumerate(bets, start=1)))
        events = list(table.deal())
        step = 0
        while table.state.phase is not Phase.SETTLED:
            number = choices[step % len(choices)]
            step += 1
            events += table.do(fitting_act(table.state, number))
    return table, events


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
    table, _ = a_round(rules, seed, bets, choices, rounds_before=before)
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


@ROUNDS
@given(**any_round)
def test_cards_are_dealt_in_the_shoes_order_and_every_one_is_accounted_for(
    rules: Rules, seed: int, bets: list[int], choices: list[int], before: int
) -> None:
    table, events = a_round(rules, seed, bets, choices, rounds_before=before)
    record = round_record(table.state, table.dealer)
    shoe_cards = [
        card
        for shoe in shoes_of_round(table.state)
        for card in table.dealer.order(shoe.shoe_number, shoe.client_seeds, shoe.decks)[
            shoe.first_card : shoe.first_card + shoe.cards
        ]
    ]
    assert shoe_cards == list(parse_cards(" ".join(record.cards)))
    assert shoe_cards == drawn_in_order(events)
    on_the_table = [card for seat in table.state.seats for hand in seat.hands for card in hand.cards]
    assert Counter(shoe_cards) == Counter([*on_the_table, *table.state.dealer])
    assert record.cards_used == len(shoe_cards)


def drawn_in_order(events: list[Event]) -> list[Card]:
    """The cards of a round's events in the order they left the shoe, the hole card put back in its place."""
    drawn: list[Card] = []
    hole_place: int | None = None
    for event in events:
        match event:
            case RoundDealt():
                drawn += [hand.cards[0] for hand in event.hands]
                drawn.append(event.up_card)
                drawn += [hand.cards[1] for hand in event.hands]
                hole_place = len(drawn) if event.hole else None
            case HandHit() | HandDoubled() | SplitCardDealt() | DealerDrew():
                drawn.append(event.card)
            case HoleCardRevealed():
                assert hole_place is not None
                drawn.insert(hole_place, event.card)
            case _:
                pass
    return drawn


@ROUNDS
@given(**any_round, shuffle_seed=st.integers(0, 99))
def test_nothing_hidden_is_in_state_events_or_view(
    rules: Rules, seed: int, bets: list[int], choices: list[int], before: int, shuffle_seed: int
) -> None:
    """Another hole card and another rest of the shoe, and nobody can tell until they are dealt."""
    del before
    table = Table(a_config(rules=rules, seats=len(bets)), ShuffledDealer(seed))
    commands: list[Command] = []
    table.sit(*range(1, len(bets) + 1)).bet(dict(enumerate(bets, start=1)))
    start = table.state
    commands.append(Expire())
    table.expire()
    for number in choices:
        if table.state.phase not in {Phase.INSURANCE, Phase.PLAYING}:
            break
        check_nobody_can_tell(start, table, seed, commands, Random(shuffle_seed))
        command = fitting_act(table.state, number)
        commands.append(command)
        table.do(command)


def check_nobody_can_tell(
    start: TableState, table: Table, seed: int, commands: list[Command], shuffle: Random
) -> None:
    state = table.state
    if state.shoe_number != start.shoe_number:
        return
    cards = list(table.dealer.order(state.shoe_number, state.client_seeds, state.decks))
    rest = cards[state.position :]
    if state.hole is not None:
        rest.append(cards[state.hole.index])
    shuffle.shuffle(rest)
    if state.hole is not None:
        hole = next(card for card in rest if state.phase is Phase.INSURANCE or not makes_natural(state, card))
        rest.remove(hole)
        cards[state.hole.index] = hole
    cards[state.position :] = rest
    other = ShuffledDealer(seed)
    other.replace(state.shoe_number, state.client_seeds, cards)
    twin = start
    for command in commands:
        twin = fold(twin, decide(twin, command, other))
    assert encode_state(state) == encode_state(twin)
    shown = view(state, version=1, deadline=None, deadline_ms=None)
    assert shown == view(twin, version=1, deadline=None, deadline_ms=None)
    assert ("??" in shown.dealer.cards) == (state.hole is not None)
    assert len(shown.dealer.cards) == 1 + (state.hole is not None)


def makes_natural(state: TableState, card: Card) -> bool:
    """Whether the dealer would have a natural with this hole card."""
    values = sorted([state.dealer[0] % 13, card % 13])
    return values[0] == 0 and values[1] >= 9


@pytest.mark.parametrize("seats", [1, 4, 7])
def test_a_state_stays_small(seats: int) -> None:
    table, _ = a_round(Rules(), 5, [1_000] * seats, [1, 2, 3])
    assert len(encode_state(table.state)) < 1_000 + 200 * seats


def test_bets_of_the_highest_limit_stay_far_from_the_bounds_of_an_account() -> None:
    table = Table(a_config(seats=1, max_bet=10**12), ShuffledDealer(1))
    table.sit(1).bet({1: 10**12})
    assert stakes(table.state) == Money(10**12)
    assert table.state.seats[0].user_id == user(1)
