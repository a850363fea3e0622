"""Players who play whole rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.clients import Client, seat_of

BET = 1_000


@dataclass(slots=True, kw_only=True)
class Wish:
    """The moves that are still to be seen; each is made whenever it is legal, at most `rounds_max` rounds."""

    missing: set[str]
    rounds_max: int = 150
    rounds: list[str] = field(default_factory=list)

    def note_round(self, round_id: str) -> None:
        """A bet was placed in this round."""
        if round_id not in self.rounds:
            self.rounds.append(round_id)
        assert len(self.rounds) <= self.rounds_max, f"never came: {self.missing}"

    def choose(self, view: Mapping[str, Any], seat: Mapping[str, Any]) -> str:
        """The next move of the player whose turn it is."""
        moves = view["turn"]["moves"]
        for move in ("split", "double"):
            if move in self.missing and move in moves:
                return move
        hand = seat["hands"][view["turn"]["hand"]]
        return "hit" if hand["total"] < 17 else "stand"


async def sit(client: Client, table_id: str, seat: int = 0) -> None:
    """Take a seat."""
    ack = await client.do("take_seat", table_id=table_id, seat=seat)
    taken = ack["table"]["seats"][ack["seat"] - 1]
    assert taken["player"] == {"user_id": client.user_id, "name": client.account.name}
    assert seat in (0, ack["seat"])


async def play(client: Client, table_id: str, wish: Wish, *, bet: int = BET) -> None:
    """Play round after round until nothing is missing; ends between two rounds, seated, without a bet."""
    while True:
        view = await client.view_where(table_id, lambda view: is_asked(view, client.user_id))
        if view["phase"] == "betting":
            if not wish.missing:
                return
            wish.note_round(view["round_id"])
        await answer(client, view, wish, bet=bet)


async def play_until(
    client: Client, table_id: str, wish: Wish, fits: Callable[[dict[str, Any]], bool], *, bet: int = BET
) -> dict[str, Any]:
    """Play until a view fits on which it is the player's turn, or on which the round is settled."""
    while True:
        view = await client.view_where(
            table_id, lambda view: is_asked(view, client.user_id) or view["phase"] == "settled"
        )
        if fits(view):
            return view
        if view["phase"] == "settled":
            await client.view_where(table_id, lambda view: view["phase"] != "settled")
            continue
        if view["phase"] == "betting":
            wish.note_round(view["round_id"])
        await answer(client, view, wish, bet=bet)


async def answer(client: Client, view: Mapping[str, Any], wish: Wish, *, bet: int = BET) -> None:
    """Do what the view asks of the player; back when the view shows that it is done."""
    table_id, seat = view["table_id"], seat_of(dict(view), client.user_id)
    assert seat is not None
    round_id = view["round_id"]
    if view["phase"] == "betting":
        ack = await client.do("place_bet", table_id=table_id, amount=bet, round_id=round_id)
        assert ack["bet"] == bet
    elif view["phase"] == "insurance":
        move = "insure" if "insure" in wish.missing else "decline_insurance"
        ack = await client.do("act", table_id=table_id, round_id=round_id, hand=0, cards=2, move=move)
        wish.missing.discard("insure")
    else:
        move, hand = wish.choose(view, seat), view["turn"]["hand"]
        cards = len(seat["hands"][hand]["cards"])
        ack = await client.do("act", table_id=table_id, round_id=round_id, hand=hand, cards=cards, move=move)
        wish.missing.discard(move)
    await client.view_where(table_id, lambda now: now["version"] >= ack["version"])


def is_asked(view: Mapping[str, Any], user_id: str) -> bool:
    """Whether the table waits for this player."""
    seat = seat_of(dict(view), user_id)
    if seat is None:
        return False
    match view["phase"]:
        case "betting":
            return bool(seat["bet"] == 0)
        case "insurance":
            return bool(seat["bet"] and seat["insurance"] is None)
        case "playing":
            return bool(view["turn"] and view["turn"]["seat"] == seat["seat"])
        case _:
            return False


def is_small_hand(view: dict[str, Any]) -> bool:
    """Whether it is somebody's first move on a hard 9 or less: a hit leaves at most 20, and a turn."""
    if view["phase"] != "playing" or view["turn"] is None:
        return False
    hand = view["seats"][view["turn"]["seat"] - 1]["hands"][view["turn"]["hand"]]
    return bool(len(hand["cards"]) == 2 and hand["total"] <= 9 and not hand["soft"])
