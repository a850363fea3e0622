"""Rules under the names that players know them by.

A preset says what a `Rules` can say; what the named game has otherwise stands in `differs`. How deep a shoe
is dealt is seldom written down: here 0.75 (N.J.A.C. 13:69F-2.5(d) has the cut card at least a quarter from
the back), and 0.5, the least there is, where a source shuffles after every round. All were read in November
2026.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from games.blackjack.errors import UnknownPreset
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, Surrender, parse_rules


class PresetName(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of rules is called: by programs and by people."""

    name: str
    title: str


class Preset(PresetName, frozen=True, kw_only=True):
    """Named rules, in words and as they are; `differs` is what can't be said by rules, "" for nothing."""

    description: str
    source: str
    rules: Rules
    differs: str = ""


_SHUFFLED: Final = "The original is shuffled before every round; here the cut card lies in the middle."

HOUSE: Final = Preset(
    name="house",
    title="House rules",
    description="Six decks, a dealer who stands on every 17, and late surrender: what a new table has.",
    source="Moe's Casino",
    rules=Rules(),
)
"""The defaults of `Rules`."""

VEGAS_STRIP: Final = Preset(
    name="vegas-strip",
    title="Vegas Strip",
    description="Four decks and liberal rules, but no surrender: the classic game of the big casinos.",
    source="blackjack-player.org/vegas-strip-blackjack.htm",
    rules=Rules(decks=4, surrender=Surrender.NONE),
)
"""blackjack-player.org: four decks, the dealer looks under aces and tens and stands on all 17, doubling after
a split, four hands, aces split once with one card each, unlike tens may be split. blackjackplus.org, Vegas
Strip Blackjack: doubling on any first two cards. Neither has surrender."""

VEGAS_LIBERAL: Final = Preset(
    name="vegas-liberal",
    title="Vegas Strip, liberal",
    description="Six decks with late surrender and aces that may be split again: the Strip's best shoe game.",
    source="Henry Tamburin, Choosing the best version of blackjack, casinocenter.com/which-game-is-better",
    rules=Rules(resplit_aces=True),
)
"""Tamburin's list of games at the Cosmopolitan has "Six-Deck with S17, DAS, LS, and RSA". Wizard of Odds, Ask
the Wizard #294, calls these liberal Strip rules: pairs, aces too, are split up to three times."""

LAS_VEGAS_H17: Final = Preset(
    name="las-vegas-h17",
    title="Las Vegas, 6:5",
    description="Eight decks, a dealer who hits soft 17, and a blackjack that pays 6:5: dear for the player.",
    source="Henry Tamburin, Choosing the best version of blackjack, casinocenter.com/which-game-is-better",
    rules=Rules(
        decks=8, dealer_hits_soft_17=True, blackjack_pays=BlackjackPays.SIX_TO_FIVE, resplit_aces=True
    ),
)
"""Tamburin's list has "Eight-Deck with H17, DAS, LS, RSA and 6-5 payoffs for blackjack"."""

DOWNTOWN: Final = Preset(
    name="downtown",
    title="Vegas Downtown",
    description="Two decks and a dealer who hits soft 17; else as on the Strip.",
    source="How to Play Vegas Downtown Blackjack, nodepositbonus.cc/?p=547",
    rules=Rules(decks=2, dealer_hits_soft_17=True, surrender=Surrender.NONE),
)
"""The page: two decks and H17 are all that differs from Vegas Strip; any two cards doubled before or after a
split, equal values split to four hands."""

DOUBLE_DECK: Final = Preset(
    name="double-deck",
    title="Double deck",
    description="Two decks dealt by hand, by a dealer who stands on every 17. No surrender.",
    source="Henry Tamburin, Choosing the best version of blackjack, casinocenter.com/which-game-is-better",
    rules=Rules(decks=2, surrender=Surrender.NONE),
)
"""Tamburin's list has "Double-deck with S17 and DAS". vegasadvantage.com/las-vegas-blackjack-rules: surrender
is never offered with one or two decks."""

SINGLE_DECK: Final = Preset(
    name="single-deck",
    title="Vegas single deck",
    description="One deck, at a price: the dealer hits soft 17, only hard 9 to 11 double, one split.",
    differs=_SHUFFLED,
    source="Microgaming Vegas Single Deck 21 Rules, debitcardcasino.ca",
    rules=Rules(
        decks=1,
        dealer_hits_soft_17=True,
        double=DoubleOn.NINE_TO_ELEVEN,
        double_after_split=False,
        max_hands=2,
        surrender=Surrender.NONE,
        penetration=0.5,
    ),
)
"""debitcardcasino.ca: one deck, H17, doubling on 9 to 11 only and not after a split, one split, no resplit of
aces nor a card more for them, no surrender, the dealer looks, 3:2. bestonlinecasinogames.net, Vegas Single
Deck Blackjack: hard totals, unlike tens may be split, shuffled after every game."""

ATLANTIC_CITY: Final = Preset(
    name="atlantic-city",
    title="Atlantic City",
    description="Eight decks, a dealer who stands on every 17, and late surrender.",
    source="blackjack-player.org/atlantic-city-blackjack.htm",
    rules=Rules(decks=8),
)
"""blackjack-player.org: eight decks, the dealer looks under aces and tens and stands on all 17, any two cards
doubled, after a split too, four hands, aces split once with one card each, unlike tens may be split, late
surrender. N.J.A.C. 13:69F-2.11 allows all of that."""

RENO: Final = Preset(
    name="reno",
    title="Reno",
    description="Northern Nevada's single deck: the dealer hits soft 17, and only 10 and 11 are doubled.",
    source="Northern Nevada Rule, pokeronlineguru.com; Frequent Blackjack Questions, trian-lazard.com",
    rules=Rules(
        decks=1,
        dealer_hits_soft_17=True,
        double=DoubleOn.TEN_OR_ELEVEN,
        double_after_split=False,
        max_hands=2,
        surrender=Surrender.NONE,
    ),
)
"""pokeronlineguru.com, Northern Nevada Rule: the dealer must hit soft 17 and looks under aces and tens,
doubling on 10 and 11 only, tens may be split, one card for each split ace. trian-lazard.com adds to such a
single deck: one split, no doubling after it. downloadblackjack.com/blackjack-in-reno: most games there have
one or two decks."""

EUROPEAN: Final = Preset(
    name="european",
    title="European",
    description="No hole card, so a dealer's blackjack beats doubles too. Hard 9 to 11 double, one split.",
    differs=_SHUFFLED,
    source="European Blackjack, nitrobetting.eu; European Blackjack, rtgcasinogames.com",
    rules=Rules(
        double=DoubleOn.NINE_TO_ELEVEN,
        max_hands=2,
        surrender=Surrender.NONE,
        dealer_peeks=False,
        penetration=0.5,
    ),
)
"""nitrobetting.eu: six decks, shuffled after each round, Strip rules but for one split with doubling after
it, doubling on 9 to 11, no late surrender, and no second card of the dealer until all have played, whose
blackjack takes doubled and split bets. rtgcasinogames.com: hard totals, stands on soft 17, one card for each
split ace."""

LONDON: Final = Preset(
    name="london",
    title="London",
    description="Britain's game before 2007: six decks, no hole card, hard 9 to 11 double, four hands.",
    differs="Fours, fives and tens were not split there, and only a blackjack was insured; here they may be.",
    source="Wizard of Odds on the United Kingdom, at casinoblackjackplay.com; house rules at livedealer.org",
    rules=Rules(double=DoubleOn.NINE_TO_ELEVEN, surrender=Surrender.NONE, dealer_peeks=False),
)
"""Wizard of Odds: six decks, S17, doubling on hard 9 to 11, after a split too, no peek and all bets lost to a
blackjack; no split of 4, 5 and 10 before September 2007. livedealer.org, under the Gambling Commission: six
decks, up to three splits, insurance when the player has a blackjack. netbet.org, UK Blackjack: one card for
each split ace."""

SPIELBANK: Final = Preset(
    name="spielbank",
    title="German Spielbank",
    description="Six decks, no hole card, hard 9 to 11 double, and any pair, aces too, splits to four hands.",
    differs=_SHUFFLED,
    source="Wizard of Odds, Ask the Wizard #294, wizardofodds.com/ask-the-wizard/294",
    rules=Rules(
        double=DoubleOn.NINE_TO_ELEVEN,
        resplit_aces=True,
        surrender=Surrender.NONE,
        dealer_peeks=False,
        penetration=0.5,
    ),
)
"""Ask the Wizard #294: six decks, S17, no hole card, doubling on 9 to 11, after a split too, any pair
including aces split again up to four hands, no surrender, continuous shuffler."""

MACAU: Final = Preset(
    name="macau",
    title="Macau",
    description="Six decks, a dealer who stands on every 17, any two cards double, and late surrender.",
    differs=(
        "There, one surrenders before the dealer's blackjack is known, unless the dealer has an ace. There is"
        " no hole card, but a blackjack takes the first bet only, as if the dealer had looked. "
    )
    + _SHUFFLED,
    source="Blackjack in Macau, countingedge.com/blackjack-in-macau",
    rules=Rules(penetration=0.5),
)
"""countingedge.com: six decks, S17, any two cards doubled, after a split too, four hands, aces split once,
early surrender except against an ace, machine-shuffled. Wizard of Odds on Macau, at casinoblackjackplay.com:
only one of the houses takes split bets for a dealer's blackjack, none takes doubles."""

PRESETS: Final = (
    HOUSE,
    VEGAS_STRIP,
    VEGAS_LIBERAL,
    LAS_VEGAS_H17,
    DOWNTOWN,
    DOUBLE_DECK,
    SINGLE_DECK,
    ATLANTIC_CITY,
    RENO,
    EUROPEAN,
    LONDON,
    SPIELBANK,
    MACAU,
)
"""Every preset, in the order in which they are offered; no two have the same rules."""

_BY_NAME: Final = {each.name: each for each in PRESETS}
_NAMES: Final = {each.rules: PresetName(name=each.name, title=each.title) for each in PRESETS}


def preset(name: str) -> Preset:
    """The preset of this name; raises `UnknownPreset`."""
    found = _BY_NAME.get(name)
    if found is None:
        raise UnknownPreset
    return found


def name_of(rules: Rules) -> PresetName | None:
    """What these rules are called, if they are one of the presets."""
    return _NAMES.get(rules)


def rules_with(name: str, fields: Mapping[str, object]) -> Rules:
    """A preset's rules but for these keys; raises `UnknownPreset`, `InvalidRules` with the key at fault."""
    return parse_rules({**msgspec.to_builtins(preset(name).rules), **fields})


def rules_of(text: str) -> Rules:
    """The rules that a text stands for: a preset's name, or a rules object as JSON.

    Raises `UnknownPreset`, `InvalidRules` with the key at fault, or msgspec's `DecodeError`.
    """
    if not text.lstrip().startswith("{"):
        return preset(text.strip()).rules
    return parse_rules(msgspec.json.decode(text, type=dict[str, object]))
