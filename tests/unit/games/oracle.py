"""A second blackjack, naive on purpose: written from the rules' text, on card texts, apart from the first.

It plays a round from its record (rules as an object, cards in drawing order, seats with bets and actions) and
gives the record's output. It trusts the actions: whether they are legal is not its business, but it asks for
exactly as many as the round needs.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]  # records as they are written, JSON


def points(cards: list[str]) -> int:
    """The best total of the cards."""
    values = [11 if card[0] == "A" else 10 if card[0] in "TJQK" else int(card[0]) for card in cards]
    while sum(values) > 21 and 11 in values:
        values[values.index(11)] = 1
    return sum(values)


def is_soft(cards: list[str]) -> bool:
    """Whether an ace counts eleven: counting all of them one makes it less."""
    return points(cards) != sum(
        1 if card[0] == "A" else 10 if card[0] in "TJQK" else int(card[0]) for card in cards
    )


def blackjack(cards: list[str]) -> bool:
    """Two cards that make 21."""
    return len(cards) == 2 and points(cards) == 21


class Round:
    """One round, played by its record."""

    def __init__(self, record: Json) -> None:
        self.rules: Json = record["rules"]
        self.shoe = iter(record["cards"])
        self.seats: list[Json] = sorted(record["seats"], key=lambda seat: int(seat["seat"]))
        self.actions: list[Iterator[str]] = [iter(seat["actions"]) for seat in self.seats]
        self.used = 0
        self.dealer: list[str] = []
        self.insured = [0 for _ in self.seats]
        self.hands: list[list[dict[str, Any]]] = []

    def draw(self) -> str:
        """The next card."""
        self.used += 1
        return str(next(self.shoe))

    def play(self) -> Json:
        """The whole round; gives dealer, seats and the count of cards."""
        first = [self.draw() for _ in self.seats]
        self.dealer.append(self.draw())
        second = [self.draw() for _ in self.seats]
        peeks = self.rules["dealer_peeks"]
        hole = self.draw() if peeks else None
        for seat, one, two in zip(self.seats, first, second, strict=True):
            self.hands.append([{"cards": [one, two], "bet": seat["bet"], "how": ""}])
        if self.rules["insurance"] and self.dealer[0][0] == "A":
            for index, seat in enumerate(self.seats):
                if seat["bet"] >= 2 and next(self.actions[index]) == "insure":
                    self.insured[index] = int(seat["bet"]) // 2
        if hole is not None and blackjack([self.dealer[0], hole]):
            self.dealer.append(hole)
            return self.result()
        for index in range(len(self.seats)):
            self.play_seat(index)
        self.play_dealer(hole)
        return self.result()

    def play_seat(self, index: int) -> None:
        """All hands of a seat, from left to right."""
        hands = self.hands[index]
        if blackjack(hands[0]["cards"]):
            hands[0]["how"] = "blackjack"
            return
        place = 0
        while place < len(hands):
            self.play_hand(index, place)
            place += 1

    def play_hand(self, index: int, place: int) -> None:
        """One hand until it is complete."""
        hands = self.hands[index]
        hand = hands[place]
        while True:
            if len(hand["cards"]) == 1:
                hand["cards"].append(self.draw())
            if points(hand["cards"]) >= 21 or self.is_finished_ace(hands, hand):
                return
            action = next(self.actions[index])
            if action == "stand":
                return
            if action == "surrender":
                hand["how"] = "surrender"
                return
            if action == "split":
                moved = hand["cards"].pop()
                hands.insert(place + 1, {"cards": [moved], "bet": hand["bet"], "how": ""})
                continue
            hand["cards"].append(self.draw())
            if action == "double":
                hand["bet"] *= 2
                return

    def is_finished_ace(self, hands: list[dict[str, Any]], hand: dict[str, Any]) -> bool:
        """Whether a split ace has got its one card and can't be split again."""
        if len(hands) == 1 or hand["cards"][0][0] != "A" or self.rules["hit_split_aces"]:
            return False
        again = self.rules["resplit_aces"] and len(hands) < self.rules["max_hands"]
        return not (again and hand["cards"][1][0] == "A")

    def play_dealer(self, hole: str | None) -> None:
        """The dealer's cards, as far as anything depends on them."""
        everybody = [hand for hands in self.hands for hand in hands]
        waiting = [hand for hand in everybody if points(hand["cards"]) <= 21 and hand["how"] == ""]
        if hole is not None:
            self.dealer.append(hole)
        else:
            special = any(hand["how"] for hand in everybody) or any(self.insured)
            if waiting or (special and self.dealer[0][0] in "ATJQK"):
                self.dealer.append(self.draw())
        while waiting and (
            points(self.dealer) < 17
            or (points(self.dealer) == 17 and is_soft(self.dealer) and self.rules["dealer_hits_soft_17"])
        ):
            self.dealer.append(self.draw())

    def result(self) -> Json:
        """What everybody gets."""
        seats = []
        for index, seat in enumerate(self.seats):
            hands = []
            for hand in self.hands[index]:
                outcome, payout = self.outcome(self.hands[index], hand)
                hands.append(
                    {"cards": hand["cards"], "bet": hand["bet"], "outcome": outcome, "payout": payout}
                )
            stake = self.insured[index]
            back = stake * 3 if blackjack(self.dealer) else 0
            net = sum(hand["payout"] - hand["bet"] for hand in hands) + back - stake
            insurance = {"bet": stake, "payout": back} if stake else None
            seats.append({"seat": seat["seat"], "hands": hands, "insurance": insurance, "net": net})
        dealer = {"cards": self.dealer, "total": points(self.dealer)}
        return {"dealer": dealer, "seats": seats, "cards_used": self.used}

    def outcome(self, hands: list[dict[str, Any]], hand: dict[str, Any]) -> tuple[str, int]:
        """How one hand ends, and what comes back."""
        bet, mine, theirs = int(hand["bet"]), points(hand["cards"]), points(self.dealer)
        if mine > 21:
            return "lose", 0
        if len(hands) == 1 and blackjack(hand["cards"]):
            if blackjack(self.dealer):
                return "push", bet
            up, down = (int(part) for part in self.rules["blackjack_pays"].split(":"))
            return "blackjack", bet + bet * up // down
        if blackjack(self.dealer):
            return "lose", 0
        if hand["how"] == "surrender":
            return "surrender", bet // 2
        if theirs > 21 or mine > theirs:
            return "win", bet * 2
        return ("push", bet) if mine == theirs else ("lose", 0)
