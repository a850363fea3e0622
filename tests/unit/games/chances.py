"""What each first move is worth with an endless shoe, computed exactly and without the game's own code.

A split is valued as two hands that are not split again, so its value is a little low where splitting again is
good; all values are for a bet of one.
"""

from functools import cache

from games.blackjack.rules import Rules, Surrender

RANKS = [(value, (4 if value == 10 else 1) / 13) for value in range(1, 11)]
Total = tuple[int, bool]  # total, soft


def add(hand: Total, value: int) -> Total:
    """The hand with one more card."""
    total, soft = hand[0] + value, hand[1]
    if value == 1 and total + 10 <= 21:
        total, soft = total + 10, True
    if total > 21 and soft:
        total, soft = total - 10, False
    return total, soft


@cache
def dealer_ends(hand: Total, hits_soft_17: bool) -> dict[int, float]:  # noqa: FBT001 - a key of the cache
    """The chance of each total the dealer ends with; 22 is bust."""
    total, soft = hand
    if total > 21:
        return {22: 1.0}
    if total > 17 or (total == 17 and not (soft and hits_soft_17)):
        return {total: 1.0}
    ends: dict[int, float] = {}
    for value, chance in RANKS:
        for end, part in dealer_ends(add(hand, value), hits_soft_17).items():
            ends[end] = ends.get(end, 0.0) + chance * part
    return ends


@cache
def against(up_card: int, hits_soft_17: bool, peeks: bool) -> tuple[tuple[int, float], ...]:  # noqa: FBT001 - as above
    """The chances of the dealer's ends, 23 being a natural; with a peek there is none any more."""
    ends: dict[int, float] = {}
    left = 0.0
    for value, chance in RANKS:
        is_natural = {value, up_card} == {1, 10}
        if is_natural and peeks:
            continue
        left += chance
        hand = add(add((0, False), up_card), value)
        if is_natural:
            ends[23] = ends.get(23, 0.0) + chance
            continue
        for end, part in dealer_ends(hand, hits_soft_17).items():
            ends[end] = ends.get(end, 0.0) + chance * part
    return tuple((end, chance / left) for end, chance in ends.items())


def best_values(rules: Rules, cards: str, up_card: str) -> dict[str, float]:
    """The value of every first move for two cards against an up card."""
    first, second = (_value(card) for card in cards.split())
    ends = against(_value(up_card), rules.dealer_hits_soft_17, rules.dealer_peeks)
    hand = add(add((0, False), first), second)
    values = {"stand": _stand(hand[0], ends), "hit": _hit(hand, ends), "double": _double(hand, ends)}
    if rules.surrender is Surrender.LATE:
        natural = dict(ends).get(23, 0.0)
        values["surrender"] = -0.5 * (1 - natural) - natural
    if first == second:
        values["split"] = 2 * _split_hand(rules, first, ends)
    return values


def _value(card: str) -> int:
    return {"A": 1, "T": 10}.get(card[0]) or int(card[0])


Ends = tuple[tuple[int, float], ...]


def _stand(total: int, ends: Ends) -> float:
    value = 0.0
    for end, chance in ends:
        if total > 21 or (end != 22 and end > total):
            value -= chance
        elif end == 22 or end < total:
            value += chance
    return value


@cache
def _hit(hand: Total, ends: Ends) -> float:
    return sum(chance * _play_on(add(hand, value), ends) for value, chance in RANKS)


def _play_on(hand: Total, ends: Ends) -> float:
    if hand[0] > 21:
        return -1.0
    if hand[0] == 21:
        return _stand(21, ends)
    return max(_stand(hand[0], ends), _hit(hand, ends))


def _double(hand: Total, ends: Ends) -> float:
    return 2 * sum(chance * _stand(add(hand, value)[0], ends) for value, chance in RANKS)


def _split_hand(rules: Rules, value: int, ends: Ends) -> float:
    total = 0.0
    for second, chance in RANKS:
        hand = add(add((0, False), value), second)
        if value == 1:
            total += chance * _stand(hand[0], ends)
            continue
        choices = [_play_on(hand, ends)]
        if rules.double_after_split:
            choices.append(_double(hand, ends))
        total += chance * max(choices)
    return total
