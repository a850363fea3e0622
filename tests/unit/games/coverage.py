"""What was rare in a round of the naive blackjack, by name, so that a run can show what it has seen."""

from collections.abc import Iterator

from tests.unit.games.oracle import Held, Json, Round, blackjack, is_soft, points

NAMES = frozenset(
    {
        "split to 2 hands", "split to 3 hands", "split to 4 hands", "split by value, ranks differ",
        "ranks differ, no split by rank", "aces split", "aces split again",
        "split ace drew an ace, not asked",
        "split ace hit", "split ace doubled", "ace and ten after a split", "double after a split",
        "double on soft", "double on soft 19 or 20 left out", "double on 8 or 12 left out",
        "double on 9 left out", "no double after a split", "doubled and busted", "doubled to 21",
        "hand left of a split completed with 21 at once", "three cards of 21",
        "naturals push", "natural paid with a broken cent", "natural of the dealer ends the round",
        "no peek: natural takes a double", "no peek: natural takes split hands",
        "no peek: natural takes a surrender", "no peek: natural takes 21",
        "no peek: natural pays an insurance",
        "no peek: second card for a blackjack only", "no peek: second card for a surrender only",
        "no peek: second card for an insurance only", "no peek: no second card",
        "insurance paid", "insurance lost", "insurance of a natural", "insurance of an odd bet",
        "insurance of zero not offered", "insurance answered by several", "insurance not in the rules",
        "surrender", "surrender of an odd bet", "no surrender after a split",
        "dealer hits soft 17", "dealer stands on soft 17", "dealer busts", "dealer shows and draws none",
        "busted against a busted dealer", "move not covered", "whole balance spent",
        "shoe ran out", "two shoes ran out", "hole card left in an earlier shoe", "cut card came out",
        "seven seats", "all outcomes at one table",
    }
)  # fmt: skip


def seen(played: Round, result: Json) -> Iterator[str]:
    """The names of what happened, each once or more."""
    for index, hands in enumerate(played.hands):
        yield from _splits(played.rules, hands)
        yield from _money(played, result, index)
        for hand in hands:
            yield from _hand(played, hand, is_split=len(hands) > 1)
    yield from _questions(played)
    yield from _dealer(played)
    yield from _shoes(played, result)
    if played.rules["dealer_peeks"]:
        return
    yield from _no_peek(played)


def _splits(rules: Json, hands: list[Held]) -> Iterator[str]:
    if len(hands) == 1:
        return
    yield f"split to {len(hands)} hands"
    if len({hand.cards[0][0] for hand in hands}) > 1:
        yield "split by value, ranks differ"
    if points(hands[0].cards) == 21 and len(hands[0].cards) == 2:
        yield "hand left of a split completed with 21 at once"
    if rules["surrender"] == "late":
        yield "no surrender after a split"
    if hands[0].cards[0][0] != "A":
        return
    yield "aces split" if len(hands) == 2 else "aces split again"
    is_last = len(hands) == rules["max_hands"] or not rules["resplit_aces"]
    if is_last and not rules["hit_split_aces"] and any(hand.cards[1][0] == "A" for hand in hands):
        yield "split ace drew an ace, not asked"
    if any(hand.how == "double" for hand in hands):
        yield "split ace doubled"
    elif any(len(hand.cards) > 2 for hand in hands):
        yield "split ace hit"


def _hand(played: Round, hand: Held, *, is_split: bool) -> Iterator[str]:
    total = points(hand.cards)
    if is_split and blackjack(hand.cards):
        yield "ace and ten after a split"
    if hand.how == "double":
        yield from ["double after a split"] * is_split
        yield from ["double on soft"] * is_soft(hand.cards[:2])
        yield from ["doubled and busted"] * (total > 21)
        yield from ["doubled to 21"] * (total == 21)
    if len(hand.cards) == 3 and total == 21 and not hand.how:
        yield "three cards of 21"
    if hand.how == "surrender" and not blackjack(played.dealer):
        yield "surrender"
        yield from ["surrender of an odd bet"] * (hand.bet % 2)
    if total > 21 and points(played.dealer) > 21:
        yield "busted against a busted dealer"


def _money(played: Round, result: Json, index: int) -> Iterator[str]:
    hands, dealer = played.hands[index], played.dealer
    bet, insured = int(played.seats[index]["bet"]), played.insured[index]
    if hands[0].how == "blackjack" and blackjack(dealer):
        yield "naturals push"
    broken = {"3:2": bet * 3 % 2, "6:5": bet * 6 % 5, "1:1": 0}[played.rules["blackjack_pays"]]
    if hands[0].how == "blackjack" and not blackjack(dealer) and broken:
        yield "natural paid with a broken cent"
    if insured:
        yield "insurance paid" if blackjack(dealer) else "insurance lost"
        yield from ["insurance of a natural"] * (hands[0].how == "blackjack")
        yield from ["insurance of an odd bet"] * (bet % 2)
    if dealer[0][0] == "A" and not played.rules["insurance"]:
        yield "insurance not in the rules"
    if dealer[0][0] == "A" and played.rules["insurance"] and bet == 1:
        yield "insurance of zero not offered"
    if played.seats[index].get("balance") and played.balances[index] == 0:
        yield "whole balance spent"
    if {hand["outcome"] for seat in result["seats"] for hand in seat["hands"]} >= {"win", "lose", "push"}:
        yield "all outcomes at one table"


def _questions(played: Round) -> Iterator[str]:
    if sum("insure" in asked.moves for asked, _ in played.answers) > 1:
        yield "insurance answered by several"
    for asked, _ in played.answers:
        cards = list(asked.cards)
        if any(asked.price(move) > asked.balance for move in asked.moves):
            yield "move not covered"
        if len(cards) > 2 or "hit" not in asked.moves:
            continue
        if played.rules["split_by"] == "rank" and cards[0][0] != cards[1][0] and points(cards) == 20:
            yield "ranks differ, no split by rank"
        if "double" in asked.moves:
            continue
        if asked.hands > 1 and not played.rules["double_after_split"]:
            yield "no double after a split"
            continue
        yield from ["double on soft 19 or 20 left out"] * (is_soft(cards) and points(cards) in {19, 20})
        yield from ["double on 8 or 12 left out"] * (points(cards) in {8, 12})
        yield from ["double on 9 left out"] * (points(cards) == 9)


def _dealer(played: Round) -> Iterator[str]:
    cards = played.dealer
    if len(cards) > 1 and points(cards) > 21:
        yield "dealer busts"
    if any(points(cards[:count]) == 17 and is_soft(cards[:count]) for count in range(2, len(cards))):
        yield "dealer hits soft 17"
    if points(cards) == 17 and is_soft(cards):
        yield "dealer stands on soft 17"
    if blackjack(cards) and played.rules["dealer_peeks"]:
        yield "natural of the dealer ends the round"
    if played.rules["dealer_peeks"] and len(cards) == 2 and points(cards) < 17:
        yield "dealer shows and draws none"


def _no_peek(played: Round) -> Iterator[str]:
    dealer = played.dealer
    everybody = [(hands, hand) for hands in played.hands for hand in hands]
    if len(dealer) == 1:
        yield "no peek: no second card"
    if blackjack(dealer):
        whole = [(hands, hand) for hands, hand in everybody if points(hand.cards) <= 21]
        yield from ["no peek: natural takes a double"] * any(hand.how == "double" for _, hand in whole)
        yield from ["no peek: natural takes split hands"] * any(len(hands) > 1 for hands, _ in whole)
        yield from ["no peek: natural takes a surrender"] * any(hand.how == "surrender" for _, hand in whole)
        yield from ["no peek: natural takes 21"] * any(
            points(hand.cards) == 21 and hand.how != "blackjack" for _, hand in whole
        )
        yield from ["no peek: natural pays an insurance"] * any(played.insured)
    hows = {hand.how for _, hand in everybody if points(hand.cards) <= 21}
    if len(dealer) == 2 and len(hows) + any(played.insured) == 1:
        reason = "an insurance" if any(played.insured) else f"a {hows.pop()}"
        yield from [f"no peek: second card for {reason} only"] * (reason not in {"a ", "a double"})


def _shoes(played: Round, result: Json) -> Iterator[str]:
    used, size = int(result["cards_used"]), 52 * int(played.rules["decks"])
    if used > size:
        yield "shoe ran out"
        yield from ["two shoes ran out"] * (used > 2 * size)
        yield from ["hole card left in an earlier shoe"] * bool(played.rules["dealer_peeks"])
    elif used >= size * float(played.rules["penetration"]):
        yield "cut card came out"
    if len(played.seats) == 7:
        yield "seven seats"
