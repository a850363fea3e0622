"""Which set-ups a table can be run with."""

import re
from typing import Final

import msgspec

from economy.money import Money
from games.blackjack.errors import InvalidConfig, InvalidRules
from games.blackjack.rules import Rules, parse_rules
from games.blackjack.state import TableConfig

MAX_SEATS: Final = 7
MAX_STAKE: Final = Money(10**12)
"""The highest limit a table may have, in cents; all that a table can owe stays far below 2**62."""

_TABLE_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME_LENGTH: Final = 60
_SHORTEST_MS: Final = 100
_LONGEST_MS: Final = 600_000


def check_config(config: TableConfig) -> TableConfig:
    """The config, if a table can be run with it; raises `InvalidConfig` with the first field at fault."""
    if len(config.table_id) > _NAME_LENGTH or not _TABLE_ID.fullmatch(config.table_id):
        raise InvalidConfig("table_id")
    if not config.name.strip() or len(config.name) > _NAME_LENGTH or not config.name.isprintable():
        raise InvalidConfig("name")
    _check_rules(config.rules)
    _check_integer("min_bet", config.min_bet, 1, MAX_STAKE)
    _check_integer("max_bet", config.max_bet, config.min_bet, MAX_STAKE)
    _check_integer("seats", config.seats, 1, MAX_SEATS)
    for field in ("betting_ms", "turn_ms", "insurance_ms", "pause_ms", "seat_hold_ms"):
        _check_integer(field, getattr(config, field), _SHORTEST_MS, _LONGEST_MS)
    if config.game != "blackjack":
        raise InvalidConfig("game")
    return config


def _check_rules(rules: Rules) -> None:
    try:
        parse_rules(msgspec.to_builtins(rules))
    except InvalidRules as refusal:
        raise InvalidConfig(f"rules.{refusal.field}") from None


def _check_integer(field: str, value: int, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidConfig(field)
