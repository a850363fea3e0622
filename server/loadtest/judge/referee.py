"""What a settled hand must have been paid, reckoned from the cards alone: a second opinion on the rules.

It is written from the rule book (section 4 of the wire contract's rules object), not from the engine.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

_NATURAL_WINS: Final = {"3:2": (3, 2), "6:5": (6, 5), "1:1": (1, 1)}


def wrong_payments(view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is paid wrongly in a settled view: whose it is, and what is wrong."""
    dealer = view["dealer"]["cards"]
    for seat in view["seats"]:
        if seat["player"] is None:
            continue
        for number, hand in enumerate(seat["hands"]):
            right = _right(hand, len(seat["hands"]), dealer, view["rules"])
            paid = (hand["outcome"], hand["payout"])
            if right != paid:
                cards = f"{' '.join(hand['cards'])} against {' '.join(dealer)}"
                what = f"hand {number} ({cards}, bet {hand['bet']}): {paid[0]} {paid[1]}"
                yield seat["player"]["user_id"], f"{what}, right is {right[0]} {right[1]}"


class Settled(NamedTuple):
    """What a player staked in a round and what came back, insurance included in both (cents)."""

    staked: int
    paid: int


def settled_of(view: Mapping[str, Any]) -> dict[str, Settled]:
    """What a settled view says of each player's round."""
    has_natural = _is_natural(view["dealer"]["cards"])
    found = {}
    for seat in view["seats"]:
        if seat["player"] is not None and seat["hands"]:
            insurance = seat["insurance"] or 0
            staked = sum(hand["bet"] for hand in seat["hands"]) + insurance
            paid = sum(hand["payout"] or 0 for hand in seat["hands"]) + (3 * insurance if has_natural else 0)
            found[seat["player"]["user_id"]] = Settled(staked, paid)
    return found


def _right(
    hand: Mapping[str, Any], hands: int, dealer: Sequence[str], rules: Mapping[str, Any]
) -> tuple[str, int]:
    bet, total, dealers = hand["bet"], _total(hand["cards"]), _total(dealer)
    if hand["outcome"] == "void":
        return "void", bet
    if total > 21:
        return "lose", 0
    if hands == 1 and _is_natural(hand["cards"]):
        if _is_natural(dealer):
            return "push", bet
        numerator, denominator = _NATURAL_WINS[rules["blackjack_pays"]]
        return "blackjack", bet + bet * numerator // denominator
    if _is_natural(dealer):
        return "lose", 0
    if hand["status"] == "surrendered":
        return "surrender", bet // 2
    if total == dealers:
        return "push", bet
    return ("win", 2 * bet) if dealers > 21 or total > dealers else ("lose", 0)


def _total(cards: Sequence[str]) -> int:
    aces = sum(card[0] == "A" for card in cards)
    total = sum(10 if card[0] in "TJQK" else 11 if card[0] == "A" else int(card[0]) for card in cards)
    while total > 21 and aces:
        total, aces = total - 10, aces - 1
    return total


def _is_natural(cards: Sequence[str]) -> bool:
    return len(cards) == 2 and _total(cards) == 21
