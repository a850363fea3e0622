"""What a watcher may see of a table: a function of its state alone, and never a hidden card."""

import msgspec

from economy.money import Money
from games.blackjack.hand import score
from games.blackjack.moves import legal_moves
from games.blackjack.presets import PresetName, name_of
from games.blackjack.rules import Rules
from games.blackjack.state import Hand, Seat, TableState
from games.blackjack.terms import HandStatus, Move, Outcome, Phase
from games.cards import HIDDEN, card_texts


class DealerView(msgspec.Struct, frozen=True, kw_only=True):
    """The dealer's cards, a hidden one as `??`; the total is of those that are visible."""

    cards: tuple[str, ...]
    total: int
    soft: bool


class TurnView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose move it is, and which moves the rules allow."""

    seat: int
    hand: int
    moves: tuple[Move, ...]


class PlayerView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits there."""

    user_id: str
    name: str


class HandView(msgspec.Struct, frozen=True, kw_only=True):
    """One hand; money in cents."""

    cards: tuple[str, ...]
    total: int
    soft: bool
    bet: Money
    status: HandStatus
    doubled: bool
    outcome: Outcome | None
    payout: Money | None


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """One seat; `insurance` is None until it is answered, 0 when it is declined."""

    seat: int
    player: PlayerView | None
    bet: Money
    insurance: Money | None
    hands: tuple[HandView, ...]


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """A table as everybody sees it; `deadline` in ISO 8601 UTC, `deadline_ms` as what was left of it.

    `preset` is what the rules are called, None where they have no name.
    """

    table_id: str
    name: str
    game: str
    version: int
    phase: Phase
    deadline: str | None
    deadline_ms: int | None
    rules: Rules
    preset: PresetName | None
    min_bet: Money
    max_bet: Money
    hints: bool
    round_id: str | None
    shoe_number: int
    commitment: str
    next_commitment: str
    cards_left: int
    dealer: DealerView
    turn: TurnView | None
    seats: tuple[SeatView, ...]


class TableSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A table in the lobby: `seats` there are, `players` have one; `preset` as in its view."""

    table_id: str
    name: str
    game: str
    phase: Phase
    seats: int
    players: int
    watchers: int
    min_bet: Money
    max_bet: Money
    rules: Rules
    preset: PresetName | None
    hints: bool


def view(state: TableState, *, version: int, deadline: str | None, deadline_ms: int | None) -> TableView:
    """The table as everybody may see it at this version."""
    config = state.config
    has_deadline = state.phase not in {Phase.WAITING, Phase.CLOSED}
    return TableView(
        table_id=config.table_id,
        name=config.name,
        game=config.game,
        version=version,
        phase=state.phase,
        deadline=deadline if has_deadline else None,
        deadline_ms=deadline_ms if has_deadline else None,
        rules=config.rules,
        preset=name_of(config.rules),
        min_bet=config.min_bet,
        max_bet=config.max_bet,
        hints=config.hints,
        round_id=state.round_id,
        shoe_number=state.shoe_number,
        commitment=state.commitment,
        next_commitment=state.next_commitment,
        cards_left=state.cards_left,
        dealer=_dealer_view(state),
        turn=_turn_view(state),
        seats=tuple(_seat_view(number, seat) for number, seat in enumerate(state.seats, start=1)),
    )


def summary(state: TableState, *, watchers: int) -> TableSummary:
    """The table as the lobby shows it."""
    config = state.config
    return TableSummary(
        table_id=config.table_id,
        name=config.name,
        game=config.game,
        phase=state.phase,
        seats=len(state.seats),
        players=sum(seat.user_id is not None for seat in state.seats),
        watchers=watchers,
        min_bet=config.min_bet,
        max_bet=config.max_bet,
        rules=config.rules,
        preset=name_of(config.rules),
        hints=config.hints,
    )


def _dealer_view(state: TableState) -> DealerView:
    cards = card_texts(state.dealer)
    total, soft = score(state.dealer)
    if state.hole is not None:
        cards = (*cards, HIDDEN)
    return DealerView(cards=cards, total=total, soft=soft)


def _turn_view(state: TableState) -> TurnView | None:
    turn = state.turn
    if turn is None:
        return None
    return TurnView(seat=turn.seat, hand=turn.hand, moves=legal_moves(state, turn.seat))


def _seat_view(number: int, seat: Seat) -> SeatView:
    player = None
    if seat.user_id is not None:
        player = PlayerView(user_id=seat.user_id, name=seat.name or "")
    return SeatView(
        seat=number,
        player=player,
        bet=seat.bet,
        insurance=seat.insurance,
        hands=tuple(_hand_view(hand) for hand in seat.hands),
    )


def _hand_view(hand: Hand) -> HandView:
    total, soft = score(hand.cards)
    return HandView(
        cards=card_texts(hand.cards),
        total=total,
        soft=soft,
        bet=hand.bet,
        status=hand.status,
        doubled=hand.doubled,
        outcome=hand.outcome,
        payout=hand.payout,
    )
