"""What acks, events, views and records of a played table must say to each other."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.end_to_end.clients import Client, Frame, seat_of

_TENS = frozenset("TJQK")


def check_order(client: Client, *, start: int) -> int:
    """Versions never fall, no commit is left out or told twice; answers the balance that was told last."""
    last: dict[str, int] = {}
    for view in client.events("table_changed"):
        assert view["version"] >= last.get(view["table_id"], 0)
        last[view["table_id"]] = view["version"]
    changes = client.events("balance_changed")
    (welcome,) = client.events("welcome")
    versions = [change["balance_version"] for change in changes]
    assert versions == list(
        range(welcome["balance_version"] + 1, welcome["balance_version"] + 1 + len(changes))
    )
    assert welcome["balance"] == start
    return int(changes[-1]["balance"]) if changes else start


def check_acks(client: Client) -> None:
    """Each ack says a balance that was told, a bet's and a leave's in their commit's own words."""
    (welcome,) = client.events("welcome")
    told = {change["balance"] for change in client.events("balance_changed")} | {welcome["balance"]}
    views = {view["version"]: view for view in client.events("table_changed")}
    for sent in client.sent:
        if not sent.ack["ok"] or "balance" not in sent.ack:
            continue
        assert sent.ack["balance"] in told, sent
        view = views.get(sent.ack["version"])
        if sent.command == "place_bet" and view is not None:
            seat = seat_of(view, client.user_id)
            assert seat is not None
            assert seat["bet"] == sent.payload["amount"] == sent.ack["bet"]


def check_same_views(first: Client, second: Client) -> int:
    """Both saw the same of every version that both saw; answers how many."""

    def by_version(client: Client) -> dict[int, dict[str, Any]]:
        return {view["version"]: {**view, "deadline_ms": None} for view in client.events("table_changed")}

    one, other = by_version(first), by_version(second)
    common = one.keys() & other.keys()
    for version in common:
        assert one[version] == other[version]
    return len(common)


def hole_leaks(frames: Iterable[Frame], record: Mapping[str, Any]) -> list[str]:
    """The frames that name the hole card before it was turned over, at a table with one deck.

    A round that went over the end of its shoe is not judged: the next shoe holds the same card again.
    """
    if len(record["shoes"]) > 1:
        return []
    hole = f'"{record["dealer"]["cards"][1]}"'
    leaks: list[str] = []
    is_dealt = False
    for frame in frames:
        view = frame.payload if frame.event == "table_changed" else None
        if view is not None and view["round_id"] == record["round_id"] and view["dealer"]["cards"]:
            is_dealt = True
            if "??" not in view["dealer"]["cards"]:
                return leaks
        elif view is not None and is_dealt:
            return leaks
        if is_dealt and hole in frame.raw:
            leaks.append(frame.raw)
    return leaks


def check_settled_views(client: Client, records: Mapping[str, Mapping[str, Any]]) -> int:
    """Every settled view shows what the round's record says; answers how many were seen."""
    seen = 0
    for view in client.events("table_changed"):
        if view["phase"] != "settled":
            continue
        seen += 1
        record = records[view["round_id"]]
        assert tuple(view["dealer"]["cards"]) == tuple(record["dealer"]["cards"])
        assert view["dealer"]["total"] == record["dealer"]["total"]
        shown = [
            [(h["cards"], h["bet"], h["outcome"], h["payout"]) for h in seat["hands"]]
            for seat in view["seats"]
            if seat["hands"]
        ]
        booked = [
            [(h["cards"], h["bet"], h["outcome"], h["payout"]) for h in seat["hands"]]
            for seat in record["seats"]
        ]
        assert shown == booked
    return seen


def check_payouts(record: Mapping[str, Any]) -> None:
    """Every hand of a round is paid as the rule book says: reckoned here from the cards alone."""
    dealer = record["dealer"]["cards"]
    total, has_natural = _total(dealer), _is_natural(dealer)
    for seat in record["seats"]:
        for hand in seat["hands"]:
            came_back, outcome = _came_back(
                hand, len(seat["hands"]), seat["actions"], total, has_natural=has_natural
            )
            assert (hand["payout"], hand["outcome"]) == (came_back, outcome), (record["round_id"], hand)
        insurance = seat["insurance"]
        if insurance is not None:
            assert insurance["bet"] == seat["bet"] // 2
            assert insurance["payout"] == (3 * insurance["bet"] if has_natural else 0)
        assert seat["net"] == paid_of(seat) - staked_of(seat)


def staked_of(seat: Mapping[str, Any]) -> int:
    """All that a seat of a record put down (cents)."""
    insurance = seat["insurance"]["bet"] if seat["insurance"] else 0
    return int(sum(hand["bet"] for hand in seat["hands"]) + insurance)


def paid_of(seat: Mapping[str, Any]) -> int:
    """All that a seat of a record got back (cents)."""
    insurance = seat["insurance"]["payout"] if seat["insurance"] else 0
    return int(sum(hand["payout"] for hand in seat["hands"]) + insurance)


def _came_back(
    hand: Mapping[str, Any], hands: int, actions: Sequence[str], dealer: int, *, has_natural: bool
) -> tuple[int, str]:
    bet, total = hand["bet"], _total(hand["cards"])
    if "surrender" in actions:
        return bet // 2, "surrender"
    if total > 21:
        return 0, "lose"
    if hands == 1 and _is_natural(hand["cards"]):
        return (bet, "push") if has_natural else (bet + bet * 3 // 2, "blackjack")
    if has_natural or (total < dealer <= 21):
        return 0, "lose"
    return (bet, "push") if total == dealer else (2 * bet, "win")


def _total(cards: Sequence[str]) -> int:
    aces = sum(card[0] == "A" for card in cards)
    total = sum(10 if card[0] in _TENS else 11 if card[0] == "A" else int(card[0]) for card in cards)
    while total > 21 and aces:
        total, aces = total - 10, aces - 1
    return total


def _is_natural(cards: Sequence[str]) -> bool:
    return len(cards) == 2 and _total(cards) == 21
