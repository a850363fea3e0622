"""House edges that others have computed, to hold a simulation against.

They hold for a fresh shoe each round and for play that looks at every card of a hand. Basic strategy by
totals gives a little away (most with one deck), and so does a cut card, so a simulation should come out some
hundredths of a percent above them.

Sources, all in percent of the initial bet, the player's side:

- John A. Nairn, "Single Deck Blackjack Expected Values" and "Two Deck Blackjack Expected Values",
  geditcom.com/Blackjack (full game analysis).
- Michael Shackleford, Wizard of Odds, blackjack appendix 9 (expected return of the game).
- "Blackjack Rule Variations and Odds", blackjackreview.com: a six-deck game at -0.56 and what each rule
  changes; the sum is an estimate. Doubling on few totals after Peter Griffin's effects for many decks
  (-0.18, -0.09), no hole card after Wizard of Odds (-0.11).
"""

from typing import Final

import msgspec

from games.blackjack.rules import PAYS, BlackjackPays, DoubleOn, Rules, Surrender

_NAIRN: Final = "John A. Nairn, geditcom.com/Blackjack, full game analysis"
_WIZARD: Final = "Wizard of Odds, blackjack appendix 9"
_EFFECTS: Final = "blackjackreview.com, Blackjack Rule Variations and Odds: base and effects added up"

# Decks and H17; rows: no resplit, resplit but aces, resplit aces too; columns: any two cards without and with
# doubling after a split, 10 and 11 only without and with.
_ONE_AND_TWO_DECKS: Final = {
    (1, False): (
        (-0.02827, 0.10066, -0.29640, -0.19042),
        (-0.01131, 0.12948, -0.27944, -0.16375),
        (0.01988, 0.16067, -0.24825, -0.13256),
    ),
    (1, True): (
        (-0.22226, -0.09109, -0.49888, -0.39096),
        (-0.20567, -0.06239, -0.48229, -0.36441),
        (-0.17457, -0.03129, -0.45119, -0.33331),
    ),
    (2, False): (
        (-0.38030, -0.25498, -0.58675, -0.48020),
        (-0.35319, -0.21088, -0.55964, -0.43878),
        (-0.30041, -0.15810, -0.50687, -0.38601),
    ),
    (2, True): (
        (-0.58675, -0.45574, -0.79774, -0.68936),
        (-0.55964, -0.41196, -0.77128, -0.64835),
        (-0.50687, -0.35957, -0.71889, -0.59596),
    ),
}
# Decks, H17, peek; without and with doubling after a split; four hands, aces split once.
_APPENDIX_9: Final = {
    (5, False, True): (-0.5225, -0.3804),
    (5, True, True): (-0.7366, -0.5918),
    (6, True, False): (-0.86975, -0.72705),
    (8, True, False): (-0.89865, -0.7562),
}
_SIX_DECKS: Final = -0.56
_DECKS: Final = {1: 0.50, 2: 0.20, 4: 0.05, 6: 0.0, 8: -0.02}
_DOUBLES: Final = {DoubleOn.ANY: 0.0, DoubleOn.NINE_TO_ELEVEN: -0.09, DoubleOn.TEN_OR_ELEVEN: -0.18}


class PublishedEdge(msgspec.Struct, frozen=True, kw_only=True):
    """A published house edge per initial bet; an estimate is a sum of effects, good to about 0.1 percent."""

    house_edge: float
    source: str
    is_estimate: bool


def published_edge(rules: Rules) -> PublishedEdge | None:
    """What others say these rules are worth; None where nobody is known to."""
    if rules.hit_split_aces:
        return None
    naturals = _cost_of_naturals(rules)
    for figure, source in ((_exact_few_decks(rules), _NAIRN), (_exact_many_decks(rules), _WIZARD)):
        if figure is not None:
            return _edge(naturals - figure, source, is_estimate=False)
    estimate = _estimate(rules)
    return None if estimate is None else _edge(naturals - estimate, _EFFECTS, is_estimate=True)


def _edge(percent: float, source: str, *, is_estimate: bool) -> PublishedEdge:
    return PublishedEdge(house_edge=round(percent / 100, 7), source=source, is_estimate=is_estimate)


def _exact_few_decks(rules: Rules) -> float | None:
    table = _ONE_AND_TWO_DECKS.get((rules.decks, rules.dealer_hits_soft_17))
    is_listed = (
        rules.double is not DoubleOn.NINE_TO_ELEVEN
        and rules.surrender is Surrender.NONE
        and rules.dealer_peeks
        and rules.max_hands != 3
    )
    if table is None or not is_listed:
        return None
    row = 0 if rules.max_hands == 2 else 1 + rules.resplit_aces
    return table[row][2 * (rules.double is DoubleOn.TEN_OR_ELEVEN) + rules.double_after_split]


def _exact_many_decks(rules: Rules) -> float | None:
    figures = _APPENDIX_9.get((rules.decks, rules.dealer_hits_soft_17, rules.dealer_peeks))
    is_listed = (
        rules.double is DoubleOn.ANY
        and rules.surrender is Surrender.NONE
        and rules.max_hands == 4
        and not rules.resplit_aces
    )
    return figures[rules.double_after_split] if figures and is_listed else None


def _estimate(rules: Rules) -> float | None:
    decks = _DECKS.get(rules.decks)
    if decks is None:
        return None
    can_resplit = rules.max_hands > 2
    return (
        _SIX_DECKS
        + decks
        + _DOUBLES[rules.double]
        + 0.14 * rules.double_after_split
        + 0.08 * (rules.surrender is Surrender.LATE)
        + 0.07 * (rules.resplit_aces and can_resplit)
        - 0.04 * (not can_resplit)
        - 0.20 * rules.dealer_hits_soft_17
        - 0.11 * (not rules.dealer_peeks)
    )


def _cost_of_naturals(rules: Rules) -> float:
    """What the player loses in percent where a natural that wins pays less than 3 to 2; by counting cards."""
    aces, tens, cards = 4 * rules.decks, 16 * rules.decks, 52 * rules.decks
    player = 2 * aces * tens / (cards * (cards - 1))
    dealer = 2 * (aces - 1) * (tens - 1) / ((cards - 2) * (cards - 3))
    won, staked = PAYS[rules.blackjack_pays]
    usual, unit = PAYS[BlackjackPays.THREE_TO_TWO]
    return 100 * player * (1 - dealer) * (usual / unit - won / staked)
