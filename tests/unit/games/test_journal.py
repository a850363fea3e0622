"""The journal of a table's whole life: written, read again and folded, it leads to the same state."""

from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.events import decode_events, encode_events
from games.blackjack.evolve import fold
from games.blackjack.state import TableConfig, decode_state, encode_state, new_table
from tests.builders import ShuffledDealer
from tests.unit.games.walks import any_command, any_config, fitting_command

_LIVES = settings(max_examples=80, deadline=None, derandomize=True)


@_LIVES
@given(
    config=any_config,
    other=any_config,
    seed=st.integers(0, 999),
    choices=st.lists(st.integers(0, 27_999), min_size=50, max_size=250),
)
def test_the_journal_of_any_life_replays_to_the_bytes_of_its_state(
    config: TableConfig, other: TableConfig, seed: int, choices: list[int]
) -> None:
    dealer = ShuffledDealer(seed)
    born = encode_state(new_table(config, commitment="c1", next_commitment="c2"))
    state = decode_state(born)
    journal: list[bytes] = []
    for number in choices:
        try:
            events, state = decide_and_evolve(state, any_command(state, number, other), dealer)
        except RuleViolation:
            continue
        journal.append(encode_events(events))
    replayed = decode_state(born)
    for row in journal:
        replayed = fold(replayed, decode_events(row))
    assert encode_state(replayed) == encode_state(state)


@_LIVES
@given(
    config=any_config,
    seed=st.integers(0, 999),
    choices=st.lists(st.integers(0, 999), min_size=150, max_size=300),
)
def test_a_life_of_play_through_many_shoes_can_be_cut_anywhere_and_goes_on_the_same(
    config: TableConfig, seed: int, choices: list[int]
) -> None:
    dealer = ShuffledDealer(seed)
    state = new_table(config, commitment="c1", next_commitment="c2")
    states, journal = [encode_state(state)], list[bytes]()
    for number in choices:
        try:
            events, state = decide_and_evolve(state, fitting_command(state, number), dealer)
        except RuleViolation:  # the guest of this number has a seat already
            continue
        journal.append(encode_events(events))
        states.append(encode_state(state))
    cut = choices[0] % len(journal)
    replayed = decode_state(states[cut])
    for row, expected in zip(journal[cut:], states[cut + 1 :], strict=True):
        replayed = fold(replayed, decode_events(row))
        assert encode_state(replayed) == expected
