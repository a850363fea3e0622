"""What each first move is worth, computed from the rules alone, card by card, for a shoe of any size.

Nothing here comes from the game's own code but the names of the rules. Cards are what they count: 1 an ace,
10 a ten or a picture. Every known card is gone from the shoe, for the dealer's draws too, and a player goes
on in the best way for the very cards of the hand.

One thing is simplified: where a split hand may be split again, of the cards of the hands beside it only the
pair's are gone from the shoe. Without splitting again a split is exact: both hands are worth the same then.

Values are per initial bet. At a table that peeks they are for rounds in which the dealer has no natural.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from operator import add, itemgetter, mul, sub
from typing import NamedTuple

from games.blackjack.rules import DoubleOn, Rules
from games.blackjack.terms import Move

Cards = tuple[int, ...]
"""How many cards of each value, from ace to ten."""

Pick = Callable[[Sequence[float]], tuple[float, ...]]
"""Picks some of a sequence."""

VALUES = range(1, 11)
NO_CARDS: Cards = (0,) * 10
DOUBLED = {
    DoubleOn.ANY: range(4, 22),
    DoubleOn.NINE_TO_ELEVEN: range(9, 12),
    DoubleOn.TEN_OR_ELEVEN: range(10, 12),
}
"""Totals that may be doubled; no soft one is below 12."""
COMPLETING = {1: 10, 10: 1}
"""What makes a natural of an up card."""
MOST_DRAWN = 12
"""To an ace, by who hits soft 17: six aces (soft 17), a five (hard 12), four aces (16) and one more."""


def holding(*values: int) -> Cards:
    """These cards."""
    counted = Counter(values)
    return tuple(counted[value] for value in VALUES)


def plus(cards: Cards, value: int) -> Cards:
    """One card more."""
    return (*cards[: value - 1], cards[value - 1] + 1, *cards[value:])


def together(some: Cards, others: Cards) -> Cards:
    """The cards of two hands."""
    return tuple(map(add, some, others)) if any(others) else some


@cache
def total_of(cards: Cards) -> tuple[int, bool]:
    """The best total, and whether an ace counts 11 in it."""
    points = sum(map(mul, VALUES, cards))
    return (points + 10, True) if cards[0] and points <= 11 else (points, False)


class _Level(NamedTuple):
    """The different lots of so many cards that a dealer may have drawn, each made from one of a card less.

    `parents` picks the smaller lots from the level before, `cards` what was added to each: its place among
    `MOST_DRAWN` of each value, by how many of the value were drawn before it. `ends`: for each total the
    lots at which the dealer stands or is bust, and in how many orders each may come. Picks have one item too
    many, as `itemgetter` makes no tuple of a single one.
    """

    parents: Pick
    cards: Pick
    ends: tuple[tuple[int, Pick, tuple[int, ...]], ...]


class _Lot(NamedTuple):
    """Some cards: their place in their level, that of their parent in its level, and the card added to it."""

    place: int
    parent: int
    card: int


@cache
def _dealer_draws(up_card: int, hits_soft_17: bool) -> tuple[_Level, ...]:  # noqa: FBT001 - a key of the cache
    orders: Counter[Cards] = Counter()
    _draw(holding(up_card), NO_CARDS, hits_soft_17, orders)
    lots: list[dict[Cards, _Lot]] = [{} for _ in range(MOST_DRAWN + 1)]
    lots[0][NO_CARDS] = _Lot(0, 0, 0)
    for drawn in orders:
        _add_lots(lots, drawn)
    levels = []
    for level in filter(None, lots[1:]):
        ends: dict[int, list[Cards]] = defaultdict(list)
        for lot in level:
            if lot in orders:
                ends[total_of(plus(lot, up_card))[0]].append(lot)
        levels.append(
            _Level(
                _pick(lot.parent for lot in level.values()),
                _pick(lot.card for lot in level.values()),
                tuple(
                    (total, _pick(level[lot].place for lot in found), tuple(orders[lot] for lot in found))
                    for total, found in ends.items()
                ),
            )
        )
    return tuple(levels)


def _add_lots(lots: list[dict[Cards, _Lot]], drawn: Cards) -> None:
    """Add a lot of cards and those that it is made from, ascending."""
    lot, size = NO_CARDS, 0
    for value in VALUES:
        for before in range(drawn[value - 1]):
            parent = lots[size][lot].place
            lot, size = plus(lot, value), size + 1
            level = lots[size]
            level.setdefault(lot, _Lot(len(level), parent, (value - 1) * MOST_DRAWN + before))


def _pick(places: Iterable[int]) -> Pick:
    return itemgetter(*places, 0)


def _draw(hand: Cards, drawn: Cards, hits_soft_17: bool, orders: Counter[Cards]) -> None:  # noqa: FBT001 - as above
    """Count every order in which a dealer may draw."""
    total, soft = total_of(hand)
    if total > 17 or (total == 17 and not (soft and hits_soft_17)):
        orders[drawn] += 1
        return
    for value in VALUES:
        _draw(plus(hand, value), plus(drawn, value), hits_soft_17, orders)


class Dealer:
    """How a dealer with one up card ends, dealt from so many decks."""

    def __init__(self, decks: int, up_card: int, *, hits_soft_17: bool) -> None:
        deck = (4,) * 9 + (16,)
        self._up_card = up_card
        self._shoe: Cards = tuple(map(sub, (decks * count for count in deck), holding(up_card)))
        self._draws = _dealer_draws(up_card, hits_soft_17)
        self._size = sum(self._shoe)
        self._ends: dict[Cards, tuple[float, ...]] = {}

    def next_cards(self, gone: Cards) -> Iterator[tuple[int, float]]:
        """The chance of each card when these are known."""
        left = tuple(map(sub, self._shoe, gone))
        size = self._size - sum(gone)
        return ((value, count / size) for value, count in zip(VALUES, left, strict=True) if count > 0)

    def natural(self, gone: Cards) -> float:
        """The chance of a natural when these cards are known."""
        completing = COMPLETING.get(self._up_card)
        if completing is None:
            return 0.0
        return (self._shoe[completing - 1] - gone[completing - 1]) / (self._size - sum(gone))

    def ends(self, gone: Cards) -> tuple[float, ...]:
        """The chances of ending with each total up to 26, naturals left out, when these cards are known."""
        known = self._ends.get(gone)
        if known is None:
            known = self._ends[gone] = self._count_ends(gone)
        return known

    def _count_ends(self, gone: Cards) -> tuple[float, ...]:
        left = tuple(map(sub, self._shoe, gone))
        choices = [count - before for count in left for before in range(MOST_DRAWN)]
        chances = [0.0] * 27
        ways = [1.0]
        all_ways = 1.0
        for drawn, (parents, cards, ends) in enumerate(self._draws):
            ways = list(map(mul, parents(ways), cards(choices)))
            all_ways *= sum(left) - drawn
            for total, lots, orders in ends:
                if total != 21 or drawn:
                    chances[total] += sum(map(mul, lots(ways), orders)) / all_ways
        return tuple(chances)


class Solver:
    """The values of a player's moves against one up card."""

    def __init__(self, dealer: Dealer, *, peeks: bool) -> None:
        self._dealer = dealer
        self._peeks = peeks
        self._first: dict[Cards, dict[Move, float]] = {}
        self._splits: dict[object, float] = {}
        self._played: dict[tuple[Cards, Cards], float] = {}

    def values(self, first: int, second: int) -> dict[Move, float]:
        """What every move but a split is worth for these two cards, whether the rules allow it or not."""
        hand = holding(first, second)
        if hand not in self._first:
            share = 1 - self._dealer.natural(hand) if self._peeks else 1
            self._first[hand] = {
                Move.STAND: self._stand(hand, NO_CARDS) / share,
                Move.HIT: self._hit(hand, NO_CARDS) / share,
                Move.DOUBLE: self._double(hand, NO_CARDS) / share,
                Move.SURRENDER: self._surrender(hand) / share,
            }
        return self._first[hand]

    def split(self, rules: Rules, card: int) -> float:
        """What splitting a pair of these cards is worth."""
        of_aces = card == 1 and (rules.resplit_aces, rules.hit_split_aces)
        key = (card, of_aces, rules.max_hands, rules.double_after_split and rules.double)
        if key not in self._splits:
            splits = rules.max_hands - 2 if card > 1 or rules.resplit_aces else 0
            share = 1 - self._dealer.natural(holding(card, card)) if self._peeks else 1
            value = self._split_hands(rules, card, waiting=2, splits=splits, gone=2)
            self._splits[key] = value / share
        return self._splits[key]

    def chance(self, first: int, second: int) -> float:
        """How likely these two cards are, in either order, and no natural where the dealer looks for one."""
        chance = 1.0 if first == second else 2.0
        for value, known in ((first, NO_CARDS), (second, holding(first))):
            chance *= dict(self._dealer.next_cards(known)).get(value, 0.0)
        return chance * (1 - self._dealer.natural(holding(first, second))) if self._peeks else chance

    def _to_natural(self, gone: Cards) -> float:
        """What a bet loses to a natural: nothing where the dealer has looked before."""
        return 0.0 if self._peeks else self._dealer.natural(gone)

    def _lose(self, gone: Cards) -> float:
        """The value of a busted hand."""
        return -(1 - self._dealer.natural(gone)) - self._to_natural(gone)

    def _stand(self, hand: Cards, beside: Cards) -> float:
        gone = together(hand, beside)
        total, _ = total_of(hand)
        if total > 21:
            return self._lose(gone)
        ends = self._dealer.ends(gone)
        return sum(ends[:total]) + sum(ends[22:]) - sum(ends[total + 1 : 22]) - self._to_natural(gone)

    def _surrender(self, hand: Cards) -> float:
        """Half the bet is lost, and all of it to a natural that the dealer did not look for."""
        return -(1 - self._dealer.natural(hand)) / 2 - self._to_natural(hand)

    def _hit(self, hand: Cards, beside: Cards) -> float:
        drawn = self._dealer.next_cards(together(hand, beside))
        return sum(chance * self._play_on(plus(hand, value), beside) for value, chance in drawn)

    def _double(self, hand: Cards, beside: Cards) -> float:
        drawn = self._dealer.next_cards(together(hand, beside))
        return 2 * sum(chance * self._stand(plus(hand, value), beside) for value, chance in drawn)

    def _play_on(self, hand: Cards, beside: Cards) -> float:
        """The value of a hand that may hit or stand, `beside` being the known cards of other hands."""
        key = (hand, beside)
        if key not in self._played:
            value = self._stand(hand, beside)
            self._played[key] = value if total_of(hand)[0] >= 21 else max(value, self._hit(hand, beside))
        return self._played[key]

    def _split_hands(self, rules: Rules, card: int, *, waiting: int, splits: int, gone: int) -> float:
        """The value of so many hands of one card each, of which so many more splits may be made.

        `gone` counts the pair's cards that are known.
        """
        if not waiting:
            return 0.0
        hand, beside = holding(card), holding(*[card] * (gone - 1))
        drawn = dict(self._dealer.next_cards(holding(*[card] * gone)))
        again = drawn.pop(card, 0.0) if splits else 0.0
        value = sum(
            chance * self._play_split(rules, plus(hand, second), beside) for second, chance in drawn.items()
        )
        if not splits:
            return waiting * value
        value += (1 - again) * self._split_hands(rules, card, waiting=waiting - 1, splits=splits, gone=gone)
        if again:
            more = self._split_hands(rules, card, waiting=waiting + 1, splits=splits - 1, gone=gone + 1)
            value += again * more
        return value

    def _play_split(self, rules: Rules, hand: Cards, beside: Cards) -> float:
        """The value of a hand from a split that has just got its second card."""
        if beside[0] and not rules.hit_split_aces:
            return self._stand(hand, beside)
        value = self._play_on(hand, beside)
        total, _ = total_of(hand)
        if rules.double_after_split and total < 21 and total in DOUBLED[rules.double]:
            value = max(value, self._double(hand, beside))
        return value
