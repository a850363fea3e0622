"""Random walks: a table with random rules, driven by a list of numbers through any commands, legal or not."""

from collections.abc import Callable

from hypothesis import strategies as st

from economy.money import Money
from games.blackjack.commands import (
    Act,
    Change,
    ClearBet,
    Close,
    Command,
    Deal,
    Expire,
    Kick,
    LeaveSeat,
    Open,
    PlaceBet,
    SetClientSeed,
    TakeSeat,
    Vacate,
    Void,
)
from games.blackjack.moves import is_asked_for_insurance, legal_moves
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender
from games.blackjack.state import TableConfig, TableState
from games.blackjack.terms import Move, OnTimeout, Phase
from tests.builders import user

MOVES = tuple(Move)

any_rules = st.builds(
    Rules,
    decks=st.sampled_from([1, 1, 2, 6, 8]),
    dealer_hits_soft_17=st.booleans(),
    blackjack_pays=st.sampled_from(BlackjackPays),
    double=st.sampled_from(DoubleOn),
    double_after_split=st.booleans(),
    max_hands=st.integers(2, 4),
    resplit_aces=st.booleans(),
    hit_split_aces=st.booleans(),
    split_by=st.sampled_from(SplitBy),
    surrender=st.sampled_from(Surrender),
    insurance=st.booleans(),
    dealer_peeks=st.booleans(),
    penetration=st.sampled_from([0.5, 0.75, 0.9]),
)

any_config = st.builds(
    TableConfig,
    table_id=st.just("test-1"),
    name=st.just("Test"),
    rules=any_rules,
    min_bet=st.just(Money(1)),
    max_bet=st.just(Money(1_001)),
    seats=st.integers(1, 7),
    on_timeout=st.sampled_from(OnTimeout),
)


def any_command(state: TableState, number: int, config: TableConfig) -> Command:
    """A command that the number chooses: about half of them fit the phase, the others are anything."""
    kind, rest = divmod(number, 1_000)
    seat = rest % 8
    user_id = user(seat)
    round_id = state.round_id if rest % 10 else "another"
    makers: tuple[Callable[[], Command], ...] = (
        lambda: TakeSeat(user_id=user_id, name="Name", seat=rest % 9),
        lambda: LeaveSeat(user_id=user_id),
        lambda: PlaceBet(user_id=user_id, amount=Money(rest + rest % 9), round_id=round_id),
        lambda: ClearBet(user_id=user_id, round_id=round_id),
        lambda: Act(user_id=user_id, round_id=round_id or "", hand=rest % 3, move=MOVES[rest % 7]),
        lambda: SetClientSeed(user_id=user_id, client_seed=f"seed {rest}"),
        lambda: Deal(connected=frozenset({seat})),
        Expire,
        lambda: Vacate(user_id=user_id),
        lambda: Kick(seat=seat),
        Close,
        Open,
        lambda: Void(reason="test"),
        lambda: Change(config=config),
    )
    if kind < len(makers):
        return makers[kind]()
    return fitting_command(state, number)


def fitting_command(state: TableState, number: int) -> Command:
    """A command that the phase waits for, chosen by the number."""
    match state.phase:
        case Phase.WAITING:
            return TakeSeat(user_id=user(1), name="Name", seat=0)
        case Phase.BETTING:
            return _fitting_bet(state, number)
        case Phase.INSURANCE | Phase.PLAYING:
            return fitting_act(state, number)
        case Phase.SETTLED:
            return Expire()
        case Phase.CLOSED:
            return Open()


def fitting_act(state: TableState, number: int) -> Act:
    """A legal move of the seat that is asked."""
    asked = [seat for seat in range(1, len(state.seats) + 1) if legal_moves(state, seat)]
    seat = asked[number % len(asked)]
    moves = legal_moves(state, seat)
    index = 0 if state.turn is None else state.turn.hand
    held = state.seats[seat - 1]
    assert state.phase is Phase.PLAYING or is_asked_for_insurance(held)
    return Act(
        user_id=held.user_id or "",
        round_id=state.round_id or "",
        hand=index,
        move=moves[number % len(moves)],
        cards=len(held.hands[index].cards),
    )


def _fitting_bet(state: TableState, number: int) -> Command:
    empty = [place for place, seat in enumerate(state.seats, start=1) if seat.user_id is None]
    idle = [seat for seat in state.seats if seat.user_id is not None and not seat.bet]
    if empty and number % 3 == 0:
        return TakeSeat(user_id=f"guest-{number}", name="Guest", seat=empty[number % len(empty)])
    if idle:
        return PlaceBet(user_id=idle[0].user_id or "", amount=Money(number % 1_001 + 1))
    return Expire()
