"""What holds for the shoes of a table whatever its players and operators do, under any rules."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.events import ClientSeedSet, Event, SeatLeft, ShoeFinished, ShoeStarted
from games.blackjack.evolve import evolve
from games.blackjack.state import TableConfig, TableState, new_table
from games.blackjack.terms import Phase
from tests.builders import ShuffledDealer
from tests.unit.games.walks import any_command, any_config

WALKS = settings(max_examples=40, deadline=None, derandomize=True)
COMMANDS = 400  # a shoe lasts for some forty


class Shoes:
    """What a watcher of the journal knows of a table's shoes."""

    def __init__(self, state: TableState) -> None:
        self.number = state.shoe_number
        self.promised = state.next_commitment
        self.promised_for = (state.config.rules, len(state.seats))
        self.seeds: dict[int, str] = {}
        self.finished: list[int] = []

    def hear(self, event: Event, before: TableState) -> None:
        """Take an event, and see that it is in order."""
        match event:
            case ClientSeedSet(seat=seat, client_seed=seed):
                self.seeds[seat] = seed
            case SeatLeft(seat=seat):
                self.seeds.pop(seat, None)
            case ShoeFinished(shoe_number=number):
                assert number not in self.finished
                self.finished.append(number)
            case ShoeStarted():
                self.start(event, before)
            case _:
                pass

    def start(self, shoe: ShoeStarted, before: TableState) -> None:
        """The next number, the promised commitment, the seeds that were given for it, and no others."""
        assert shoe.shoe_number == self.number + 1
        assert shoe.commitment == self.promised
        assert dict(enumerate(shoe.client_seeds, start=1)) == {
            seat: self.seeds.get(seat, "") for seat in range(1, len(before.seats) + 1)
        }
        if self.seeds:
            assert self.promised_for == (before.config.rules, len(before.seats))
        self.number, self.promised = shoe.shoe_number, shoe.next_commitment
        self.promised_for = (before.config.rules, len(before.seats))
        self.seeds = {}

    def check(self, state: TableState) -> None:
        """Every shoe is finished but the one in play, and those that an unsettled round has drawn from."""
        undecided = set() if state.is_shoe_finished else {state.shoe_number}
        if state.phase is not Phase.SETTLED:
            undecided |= {shoe.shoe_number for shoe in state.earlier_shoes}
        assert set(range(1, state.shoe_number + 1)) == undecided | set(self.finished)
        assert not undecided & set(self.finished)


@WALKS
@given(config=any_config, other=any_config, seed=st.integers(0, 999_999))
def test_no_commands_make_a_gap_break_a_promise_or_let_anybody_choose_after_a_seed(
    config: TableConfig, other: TableConfig, seed: int
) -> None:
    state = new_table(config, commitment=f"{1:064x}", next_commitment=f"{2:064x}")
    dealer, shoes = ShuffledDealer(seed), Shoes(state)
    chance = Random(seed)
    for _ in range(COMMANDS):
        command = any_command(state, chance.randrange(30_000), chance.choice((config, other)))
        try:
            events, after = decide_and_evolve(state, command, dealer)
        except RuleViolation:
            continue
        for event in events:
            shoes.hear(event, state)
            state = evolve(state, event)
        assert state == after
        assert shoes.number == state.shoe_number
        shoes.check(state)
