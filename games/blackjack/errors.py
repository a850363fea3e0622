"""Refusals: what a player or an operator asked for is against the rules, and nothing has changed."""

from typing import ClassVar

from economy.money import Money
from games.blackjack.terms import Move


class RuleViolation(Exception):
    """This is against the rules."""

    code: ClassVar[str] = "illegal_move"

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)

    def say(self, words: str) -> None:
        """Let the message be these words, which know who asked for what."""
        self.args = (words,)

    def facts(self) -> dict[str, object]:
        """What the one who asked may learn besides the code, ready for JSON."""
        return {}


class TableIsClosed(RuleViolation):
    """The table is closed."""

    code = "table_closed"


class NotSeated(RuleViolation):
    """You have no seat at this table."""

    code = "not_seated"


class UnknownSeat(RuleViolation):
    """The table has no such seat."""

    code = "unknown_seat"


class SeatOccupied(RuleViolation):
    """The seat is taken."""

    code = "seat_taken"


class AlreadySeated(RuleViolation):
    """You have another seat at this table."""

    code = "already_seated"

    def __init__(self, seat: int) -> None:
        super().__init__()
        self.seat = seat

    def facts(self) -> dict[str, object]:
        """The seat that the player has."""
        return {"seat": self.seat}


class StaleRound(RuleViolation):
    """The round or the hand has moved on since you saw it."""

    code = "stale_round"


class BettingClosed(RuleViolation):
    """No bets are taken now."""

    code = "betting_closed"


class BetOutOfRange(RuleViolation):
    """The bet is outside the table's limits."""

    code = "bet_out_of_range"

    def __init__(self, min_bet: Money, max_bet: Money) -> None:
        super().__init__()
        self.min_bet = min_bet
        self.max_bet = max_bet

    def facts(self) -> dict[str, object]:
        """The table's limits, in cents."""
        return {"min_bet": self.min_bet, "max_bet": self.max_bet}


class NotYourTurn(RuleViolation):
    """Nothing is asked of this hand now."""

    code = "not_your_turn"


class IllegalMove(RuleViolation):
    """The rules do not allow this move now."""

    code = "illegal_move"

    def __init__(self, moves: tuple[Move, ...]) -> None:
        super().__init__()
        self.moves = moves

    def facts(self) -> dict[str, object]:
        """The moves that are legal now."""
        return {"moves": [move.value for move in self.moves]}


class InvalidPayload(RuleViolation):
    """A field is missing, unknown or out of bounds."""

    code = "invalid_payload"

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def facts(self) -> dict[str, object]:
        """The field at fault."""
        return {"field": self.field}


class InvalidRules(InvalidPayload):
    """The rules object has an unknown key or a value that is not allowed."""


class UnknownPreset(InvalidPayload):
    """No rules go by this name."""

    def __init__(self) -> None:
        super().__init__("preset")


class InvalidConfig(InvalidPayload):
    """The table cannot be set up like this."""


class NotReady(RuleViolation):
    """It is not the time for this yet. Only the casino itself hears this: it asked too early or too late."""

    code = "not_ready"


class ShoeTooShort(Exception):
    """A shoe holds fewer cards than its decks say."""
