"""What a new `casino dev` offers."""

from games.blackjack.presets import preset
from games.blackjack.rules import Rules
from server.dev.demo import TABLES

GAMES = {table_id: game for table_id, _, _, _, game, _ in TABLES}


def test_every_demo_table_plays_another_game() -> None:
    assert len({preset(game).rules for game in GAMES.values()}) == len(TABLES)


def test_the_main_table_has_the_house_rules() -> None:
    assert preset(GAMES["main-1"]).rules == Rules()
