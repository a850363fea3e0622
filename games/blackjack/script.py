"""Scripted rounds: the cards and every action are given, and the live rules play them to the end."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from economy.money import Money
from games.blackjack.commands import Act, Command, Deal, PlaceBet, TakeSeat
from games.blackjack.config import MAX_SEATS, MAX_STAKE
from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import InvalidRules, ShoeTooShort
from games.blackjack.events import Event
from games.blackjack.history import DealerRecord, SeatOutcome, dealer_record, seat_outcomes
from games.blackjack.moves import is_asked_for_insurance, legal_moves, move_cost
from games.blackjack.rules import Rules, parse_rules
from games.blackjack.state import TableConfig, TableState, new_table, shoes_of_round
from games.blackjack.terms import Move, Phase
from games.blackjack.words import cents_in_words, move_in_words, moves_in_words
from games.cards import Card, CardError, parse_card
from games.shoe import Dealer, ScriptedDealer


class ScriptError(Exception):
    """The script can't be played."""

    code = "invalid_payload"

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def facts(self) -> dict[str, object]:
        """What went wrong, besides code and message, ready for JSON."""
        return {}


class InvalidScriptError(ScriptError):
    """This is no scripted round."""

    def __init__(self, field: str) -> None:
        what = f"{field} is missing or not what belongs there" if field else "it is no object in JSON"
        super().__init__(f"This is no scripted round: {what}.")
        self.field = field

    def facts(self) -> dict[str, object]:
        """The field at fault."""
        return {"field": self.field}


class IllegalActionError(ScriptError):
    """The rules do not allow this action here."""

    code = "illegal_move"

    def __init__(self, seat: int, action: str, moves: tuple[Move, ...]) -> None:
        known = next((move_in_words(move) for move in Move if move == action), repr(action[:_WORD_SHOWN]))
        super().__init__(f"Seat {seat} cannot {known} here: {moves_in_words(moves)}.")
        self.seat = seat
        self.action = action
        self.moves = moves

    def facts(self) -> dict[str, object]:
        """The seat, its action, and the moves that would have been legal."""
        return {"seat": self.seat, "action": self.action, "moves": [move.value for move in self.moves]}


class UncoveredActionError(ScriptError):
    """The balance does not cover this action. `cost` and `balance` in cents; `moves` it does cover."""

    code = "insufficient_funds"

    def __init__(self, seat: int, move: Move, *, cost: int, balance: int, moves: tuple[Move, ...]) -> None:
        lack = f"it takes {cents_in_words(cost)} more and {cents_in_words(balance)} is left"
        super().__init__(f"Seat {seat} cannot {move_in_words(move)}: {lack}; {moves_in_words(moves)}.")
        self.seat = seat
        self.action = move.value

    def facts(self) -> dict[str, object]:
        """The seat and its action."""
        return {"seat": self.seat, "action": self.action}


class IncompleteScriptError(ScriptError):
    """The script has too few actions, too many, or too few cards; `seat` is whose actions do not fit."""

    code = "incomplete_script"

    def __init__(self, message: str, seat: int | None = None) -> None:
        super().__init__(message)
        self.seat = seat

    def facts(self) -> dict[str, object]:
        """The seat whose actions do not fit; nothing where cards are missing."""
        return {} if self.seat is None else {"seat": self.seat}


class ScriptedSeat(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of a script; `balance` is what is left after the bet, in cents, None for no limit.

    Round records name the `player`.
    """

    seat: int
    player: str = ""
    bet: int
    balance: int | None = None
    actions: tuple[str, ...] = ()


class ScriptedRound(msgspec.Struct, frozen=True, kw_only=True):
    """A round to play: the cards in drawing order, each seat's actions in the order they are asked for."""

    rules: Rules
    cards: tuple[Card, ...]
    seats: tuple[ScriptedSeat, ...]


class RoundResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a scripted round ended."""

    dealer: DealerRecord
    seats: tuple[SeatOutcome, ...]
    cards_used: int


class _RawScript(msgspec.Struct, frozen=True, kw_only=True):
    """A script as it is written: fields that are not its own are of a round record, and left alone."""

    cards: tuple[str, ...]
    seats: tuple[ScriptedSeat, ...]
    rules: dict[str, object] = {}


_WORD_SHOWN: Final = 40  # characters of a word that is no action
_DECODER: Final = msgspec.json.Decoder(_RawScript)
_PATH: Final = re.compile(r"at `\$\.?([^`]*)`")
_MISSING: Final = re.compile(r"required field `(\w+)`")


def parse_script(data: bytes) -> ScriptedRound:
    """Read a scripted round, or a round record as one, from JSON; raises `InvalidScriptError`."""
    try:
        raw = _DECODER.decode(data)
    except msgspec.ValidationError as error:
        raise InvalidScriptError(_field_of(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidScriptError("") from None
    try:
        rules = parse_rules(raw.rules)
    except InvalidRules as refusal:
        raise InvalidScriptError(f"rules.{refusal.field}") from None
    return ScriptedRound(rules=rules, cards=_cards(raw.cards), seats=_seats(raw.seats))


class Moment(NamedTuple):
    """One command of a round that is played: the table before it, and what it made happen."""

    before: TableState
    events: tuple[Event, ...]


def replay(script: ScriptedRound) -> RoundResult:
    """Play the script through the live rules; raises a `ScriptError` that says where it does not fit."""
    table = _ScriptedTable(script)
    for _ in table.play():
        pass
    state = table.state
    return RoundResult(
        dealer=dealer_record(state),
        seats=seat_outcomes(state),
        cards_used=sum(shoe.cards for shoe in shoes_of_round(state)),
    )


def moments(script: ScriptedRound) -> Iterator[Moment]:
    """Play the script moment by moment; raises a `ScriptError` after the last one that fits."""
    return _ScriptedTable(script).play()


class _ScriptedTable:
    """A table that is played by a script."""

    def __init__(self, script: ScriptedRound) -> None:
        self._cards = len(script.cards)
        self._dealer: Dealer = ScriptedDealer(script.cards)
        self._seats = {seat.seat: seat for seat in script.seats}
        self._actions = {seat.seat: list(reversed(seat.actions)) for seat in script.seats}
        self._balances = {seat.seat: seat.balance for seat in script.seats}
        config = TableConfig(
            table_id="script",
            name="Script",
            rules=script.rules,
            min_bet=Money(1),
            max_bet=MAX_STAKE,
            seats=MAX_SEATS,
        )
        self.state: TableState = new_table(
            config, commitment=self._dealer.commitment(1), next_commitment=self._dealer.commitment(2)
        )

    def play(self) -> Iterator[Moment]:
        """Seat everybody, bet, deal, and make every action, to the end."""
        for number, seat in sorted(self._seats.items()):
            yield self._do(TakeSeat(user_id=_user(number), name=seat.player, seat=number))
            yield self._do(PlaceBet(user_id=_user(number), amount=Money(seat.bet)))
        yield self._deal_out(Deal(connected=frozenset()), "in the deal")
        while self.state.phase is not Phase.SETTLED:
            yield self._act()
        self._check_complete()

    def _act(self) -> Moment:
        """Make the next action of the seat that is asked."""
        number = self._asked_seat()
        index = 0 if self.state.turn is None else self.state.turn.hand
        moves = legal_moves(self.state, number)
        actions = self._actions[number]
        if not actions:
            asked = f"Seat {number} is asked and has no action left"
            raise IncompleteScriptError(f"{asked}: {moves_in_words(moves)}.", number)
        word = actions.pop()
        move = next((move for move in moves if move == word), None)
        if move is None:
            raise IllegalActionError(number, word, moves)
        self._pay(number, index, move, moves)
        act = Act(user_id=_user(number), round_id=self.state.round_id or "", hand=index, move=move)
        return self._deal_out(act, f"when seat {number} does this: {move_in_words(move)}")

    def _check_complete(self) -> None:
        """Raise `IncompleteScriptError` for actions that nobody asked for."""
        for number, actions in self._actions.items():
            if actions:
                more = f"{len(actions)} more action{'s' if len(actions) > 1 else ''}"
                raise IncompleteScriptError(f"Seat {number} has {more} than it is asked for.", number)

    def _asked_seat(self) -> int:
        if self.state.turn is not None:
            return self.state.turn.seat
        return next(
            number for number, seat in enumerate(self.state.seats, start=1) if is_asked_for_insurance(seat)
        )

    def _pay(self, number: int, index: int, move: Move, moves: tuple[Move, ...]) -> None:
        balance = self._balances[number]
        if balance is None:
            return
        seat = self.state.seats[number - 1]
        cost = move_cost(seat, index, move)
        if balance < cost:
            covered = tuple(other for other in moves if move_cost(seat, index, other) <= balance)
            raise UncoveredActionError(number, move, cost=cost, balance=balance, moves=covered)
        self._balances[number] = balance - cost

    def _deal_out(self, command: Command, when: str) -> Moment:
        try:
            return self._do(command)
        except ShoeTooShort:
            cards = f"{self._cards} card{'' if self._cards == 1 else 's'}"
            raise IncompleteScriptError(f"The script's {cards} run out {when}.") from None

    def _do(self, command: Command) -> Moment:
        before = self.state
        events, self.state = decide_and_evolve(before, command, self._dealer)
        return Moment(before, events)


def _user(number: int) -> str:
    return f"seat-{number}"


def _cards(texts: tuple[str, ...]) -> tuple[Card, ...]:
    cards = []
    for index, text in enumerate(texts):
        try:
            cards.append(parse_card(text))
        except CardError:
            raise InvalidScriptError(f"cards[{index}]") from None
    return tuple(cards)


def _seats(seats: tuple[ScriptedSeat, ...]) -> tuple[ScriptedSeat, ...]:
    if not seats:
        raise InvalidScriptError("seats")
    taken: set[int] = set()
    for index, seat in enumerate(seats):
        if not 1 <= seat.seat <= MAX_SEATS or seat.seat in taken:
            raise InvalidScriptError(f"seats[{index}].seat")
        if not 1 <= seat.bet <= MAX_STAKE:
            raise InvalidScriptError(f"seats[{index}].bet")
        if seat.balance is not None and seat.balance < 0:
            raise InvalidScriptError(f"seats[{index}].balance")
        taken.add(seat.seat)
    return seats


def _field_of(message: str) -> str:
    """The field that msgspec's message is about, as a path from the script's top."""
    path = _PATH.search(message)
    missing = _MISSING.search(message)
    parts = [path.group(1) if path else "", missing.group(1) if missing else ""]
    return ".".join(part for part in parts if part)
