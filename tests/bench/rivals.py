"""Other blackjack engines from PyPI, played by the same strategy and, where they can, by the same rules.

python -m tests.bench.rivals NAME ROUNDS     prints the rounds per CPU second of one of them, or of `casino`

Common rules: six decks, dealer stands on soft 17, doubling on any two cards and after a split, one player,
no surrender, no insurance, a shoe played to three quarters. What an engine does otherwise stands at its
player. The strategy is a dictionary of calls for all of them, so what is measured is the engine.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import cache
from time import process_time
from typing import Any

from games.blackjack.rules import parse_rules
from games.blackjack.simulate import Block, play_block
from games.blackjack.strategy import best_move
from games.blackjack.terms import Move
from games.cards import DECK, VALUE, Card

RULES = parse_rules({"surrender": "none", "insurance": False})
WARM_UP = 1_000


@cache
def call(total: int, soft: bool, pair: int, up: int, *, is_first: bool) -> Move:  # noqa: FBT001 - a key
    """The call for a hand: `pair` is the value of a pair that may be split, 0 for none; aces count 1."""
    moves = (Move.HIT, Move.STAND, *((Move.DOUBLE,) if is_first else ()), *((Move.SPLIT,) if pair else ()))
    return best_move(RULES, _cards(total, soft=soft, pair=pair), _of(up), moves)


def _cards(total: int, *, soft: bool, pair: int) -> tuple[Card, ...]:
    if pair:
        return _of(pair), _of(pair)
    if soft:
        return _of(1), _of(max(total - 11, 1))
    held = min(max(total, 4), 20)  # one card of a split counts as little, 21 as a hand to stand on
    high = min(10, held - 2)
    return _of(high), _of(held - high)


def _of(value: int) -> Card:
    return next(card for card in DECK if VALUE[card] == value)


def play_casino(rounds: int) -> None:
    """The live engine, as `casino simulate` runs it."""
    play_block(RULES, Block(seed="bench", number=0, rounds=rounds))


def play_blackjack21(rounds: int) -> None:
    """blackjack21: one split more than once is allowed without a bound, like cards only of equal value."""
    from blackjack21 import Deck, Table  # noqa: PLC0415
    from blackjack21.players import GameState  # noqa: PLC0415
    from blackjack21.table import DEFAULT_SUITS, shoe_reset_hook  # noqa: PLC0415

    deck = Deck(DEFAULT_SUITS, count=RULES.decks)
    table = Table([("player", 10)], deck, on_round_reset=shoe_reset_hook(deck))
    moves = {
        Move.HIT: table.hit,
        Move.STAND: table.stand,
        Move.DOUBLE: table.double_down,
        Move.SPLIT: table.split,
    }
    for _ in range(rounds):
        table.start_game()
        up = table.dealer_visible_hand[0].value % 11 or 1
        while table.state is GameState.PLAYERS_TURN:
            hand = table.current_hand
            total = hand.total
            first = len(hand) == 2
            values = [card.value for card in hand]
            soft = 11 in values and sum(values) - 10 * (values.count(11) - 1) <= 21
            pair = (values[0] % 11 or 1) if first and values[0] == values[1] else 0
            moves[call(total, soft, pair, up, is_first=first)]()


def play_py21(rounds: int) -> None:
    """py21: its dealer has a hole card and looks for a natural; it keeps a record of every card and hand."""
    from py21 import Game, Player  # noqa: PLC0415

    words = {Move.HIT: "HIT", Move.STAND: "STAND", Move.DOUBLE: "DOUBLE", Move.SPLIT: "SPLIT"}

    def strategy(player: Any, hand: Any, dealer_up: int, **_: Any) -> str:
        del player
        cards = hand.cards
        first = len(cards) == 2
        pair = (cards[0].value % 11 or 1) if first and cards[0].value == cards[1].value else 0
        soft = bool(hand.soft) and hand.total > 11
        return words[call(hand.total, soft, pair, dealer_up % 11 or 1, is_first=first)]

    player = Player(10**12, strategy_func=strategy)
    game = Game([player], rules={"num_decks": RULES.decks, "shuffle_freq": 1 - RULES.penetration}, seed=1)
    for _ in range(rounds):
        game.play_round()


def play_jackblack(rounds: int) -> None:
    """jackblack: no look for a natural, and its shoe is played to the last card, then shuffled."""
    from jackblack.deck import Deck  # noqa: PLC0415
    from jackblack.game import Simulation  # noqa: PLC0415
    from jackblack.player import Player, Strategy  # noqa: PLC0415

    words = {Move.HIT: "hit", Move.STAND: "stay", Move.DOUBLE: "double down", Move.SPLIT: "split"}

    class Basic(Strategy):  # type: ignore[misc] # the package is untyped
        def decide(self, player: Any, choices: list[str], dealer: Any = None, players: Any = None) -> str:
            del players
            values = [card.value % 11 or 1 for card in player.hand]
            total = player.hand_value()
            first = "double down" in choices
            pair = values[0] if "split" in choices else 0
            soft = 1 in values and total == sum(values) + 10
            return words[call(total, soft, pair, dealer.showing() % 11 or 1, is_first=first)]

    player = Player("player", chips=10**12, strategy=Basic(auto_log=False))
    Simulation([player], deck=Deck(num_decks=RULES.decks, shuffle=True)).run(rounds)


def play_cardsharp(rounds: int) -> None:
    """cardsharp: a fresh single deck each round, insurance whenever an ace is up, no play after a split."""
    from cardsharp.blackjack.action import Action  # noqa: PLC0415
    from cardsharp.blackjack.actor import Player  # noqa: PLC0415
    from cardsharp.blackjack.blackjack import BlackjackGame  # noqa: PLC0415
    from cardsharp.blackjack.state import PlacingBetsState  # noqa: PLC0415
    from cardsharp.common.io_interface import IOInterface  # noqa: PLC0415

    words = {
        Move.HIT: Action.HIT,
        Move.STAND: Action.STAND,
        Move.DOUBLE: Action.DOUBLE,
        Move.SPLIT: Action.SPLIT,
    }

    class Silent(IOInterface):  # type: ignore[misc] # the package is untyped
        async def output(self, message: str) -> None:
            """Say nothing, at once."""

        async def get_player_action(self, player: Any) -> Any:
            raise NotImplementedError

        async def check_numeric_response(self, ctx: Any) -> Any:
            raise NotImplementedError

    class Basic:
        def decide_action(self, player: Any, dealer_up_card: Any) -> Any:
            hand = player.current_hand
            values = [card.rank.rank_value % 11 or 1 for card in hand.cards]
            total = hand.value()
            first = len(values) == 2
            soft = 1 in values and total == sum(values) + 10
            pair = values[0] if hand.can_split else 0
            return words[call(total, soft, pair, dealer_up_card.rank.rank_value % 11 or 1, is_first=first)]

    async def play() -> None:
        silent = Silent()
        game = BlackjackGame({"max_players": 1, "min_players": 1}, silent)
        player = Player("player", silent, Basic(), initial_money=10**12)
        await game.add_player(player)
        for _ in range(rounds):
            await game.set_state(PlacingBetsState())
            await game.play_round()
            game.reset()

    asyncio.run(play())


PLAYERS: dict[str, Callable[[int], None]] = {
    "casino": play_casino,
    "blackjack21": play_blackjack21,
    "py21": play_py21,
    "jackblack": play_jackblack,
    "cardsharp": play_cardsharp,
}


def main(name: str, rounds: int) -> None:
    """Play once to warm up, once for the clock."""
    play = PLAYERS[name]
    play(WARM_UP)
    started = process_time()
    play(rounds)
    sys.stdout.write(f"{rounds / (process_time() - started)}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
