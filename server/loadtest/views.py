"""A table's view as a client reads it, and what it asks of a player."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import msgspec

from server.dev.bots import next_call

_EXTRA_STAKE: Final = frozenset(("double", "split"))


class View(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a view as the schedule needs, and all of it as it came."""

    table_id: str
    version: int
    phase: str
    round_id: str | None
    deadline_ms: int | None
    plain: dict[str, Any]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a view asks of a player: the answer, and a key that is the same until it is given."""

    key: tuple[object, ...]
    event: str
    payload: dict[str, object]


def view_of(payload: object) -> View | None:
    """The view in an event or an ack; None for what is none."""
    try:
        plain = msgspec.convert(payload, dict[str, Any])
        return msgspec.convert({**plain, "plain": plain}, View)
    except msgspec.ValidationError:
        return None


def ask_of(view: View, user_id: str, *, balance: int, chance: Random) -> Ask | None:
    """What the player is to do now, by basic strategy on the lowest bet; None when nothing is asked."""
    call = next_call(_affordable(view.plain, user_id, balance), user_id, chance)
    if call is None:
        return None
    event, payload = call
    if event == "place_bet":
        payload["amount"] = view.plain["min_bet"]
    key = (event, view.round_id, payload.get("hand"), payload.get("cards"), view.phase)
    return Ask(key=key, event=event, payload=payload)


def is_in_play(view: View, user_id: str) -> bool:
    """Whether the player has a hand in a round that is dealt and not settled."""
    if view.phase not in ("insurance", "playing"):
        return False
    return any(seat["hands"] for seat in _seats_of(view.plain, user_id))


def is_seated(view: View, user_id: str) -> bool:
    """Whether the player has a seat."""
    return bool(_seats_of(view.plain, user_id))


def _seats_of(plain: Mapping[str, Any], user_id: str) -> list[Mapping[str, Any]]:
    return [
        seat for seat in plain["seats"] if seat["player"] is not None and seat["player"]["user_id"] == user_id
    ]


def _affordable(plain: dict[str, Any], user_id: str, balance: int) -> dict[str, Any]:
    """The view with the moves left out that the balance does not cover."""
    turn = plain["turn"]
    seats = _seats_of(plain, user_id)
    if turn is None or not seats or seats[0]["seat"] != turn["seat"]:
        return plain
    if seats[0]["hands"][turn["hand"]]["bet"] <= balance:
        return plain
    return {**plain, "turn": {**turn, "moves": [move for move in turn["moves"] if move not in _EXTRA_STAKE]}}
