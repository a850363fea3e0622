"""The closed sets of words that states, commands, events and views share."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a table stands."""

    WAITING = "waiting"
    BETTING = "betting"
    INSURANCE = "insurance"
    PLAYING = "playing"
    SETTLED = "settled"
    CLOSED = "closed"


class Move(StrEnum):
    """What a player may do with a hand."""

    HIT = "hit"
    STAND = "stand"
    DOUBLE = "double"
    SPLIT = "split"
    SURRENDER = "surrender"
    INSURE = "insure"
    DECLINE_INSURANCE = "decline_insurance"


class HandStatus(StrEnum):
    """How far a hand is: `playing` may still be asked for, everything else is complete."""

    PLAYING = "playing"
    STOOD = "stood"
    BUSTED = "busted"
    DOUBLED = "doubled"
    SURRENDERED = "surrendered"
    BLACKJACK = "blackjack"


class Outcome(StrEnum):
    """How a hand ended."""

    WIN = "win"
    LOSE = "lose"
    PUSH = "push"
    BLACKJACK = "blackjack"
    SURRENDER = "surrender"
    VOID = "void"


class OnTimeout(StrEnum):
    """What happens to a turn that runs out: `safe` hits a hard total of 11 or less and else stands."""

    SAFE = "safe"
    STAND = "stand"
