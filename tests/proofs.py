"""Rounds that are really dealt from seeds, with their records as `GET /api/rounds/{id}` gives them."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from games.blackjack.commands import Expire, SetClientSeed, Void
from games.blackjack.history import round_record
from games.blackjack.moves import legal_moves
from games.blackjack.rules import Rules, rules_text
from games.blackjack.state import shoes_of_round
from games.blackjack.terms import Move, Phase
from games.cards import Card
from games.fairness import commitment, shoe_order
from tests.builders import Table, a_config, user

Json = dict[str, Any]  # a record as it is written

BETS = {1: 1001, 2: 500, 3: 2}


class FairDealer:
    """Deals from seeds that the test knows, as the live dealer does from secret ones."""

    def __init__(self, name: str, table_id: str, rules: Rules) -> None:
        self._name = name
        self._table_id = table_id
        self._rules = rules_text(rules)
        self._orders: dict[tuple[object, ...], tuple[Card, ...]] = {}
        self._rounds = 0

    def seed(self, shoe_number: int) -> bytes:
        """The shoe's server seed."""
        return hashlib.sha256(f"{self._name} {shoe_number}".encode()).digest()

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """The shoe's cards."""
        key = (shoe_number, client_seeds, decks)
        if key not in self._orders:
            self._orders[key] = shoe_order(
                self.seed(shoe_number), client_seeds, self._table_id, shoe_number, decks, rules=self._rules
            )
        return self._orders[key]

    def commitment(self, shoe_number: int) -> str:
        """The hash of its seed."""
        return commitment(self.seed(shoe_number))

    def round_id(self) -> str:
        """An id that is counted."""
        self._rounds += 1
        return str(UUID(int=self._rounds))


def records(
    name: str, rules: Rules, *, rounds: int, seats: int = 3, voids: frozenset[int] = frozenset()
) -> Iterator[Json]:
    """The records of so many rounds, whose players do all they may in turn; those in `voids` are voided."""
    config = a_config(rules=rules, seats=seats)
    dealer = FairDealer(name, config.table_id, rules)
    table = Table(config, dealer).sit(*range(1, seats + 1))
    table.do(SetClientSeed(user_id=user(1), client_seed="lucky 7 ☃"))
    for number in range(rounds):
        table.bet({seat: BETS[seat] for seat in range(1, seats + 1)}).deal()
        for step in range(60):
            if table.state.phase is Phase.SETTLED:
                break
            if number in voids and step == 3:
                table.do(Void(reason="test"))
                break
            _move(table, step + number)
        yield record_of(table, dealer)
        table.do(Expire())


def record_of(table: Table, dealer: FairDealer) -> Json:
    """The record of the round that has ended, with all of its shoes revealed."""
    record: Json = json.loads(msgspec.json.encode(round_record(table.state, dealer)))
    client_seeds = {shoe.shoe_number: list(shoe.client_seeds) for shoe in shoes_of_round(table.state)}
    shoes = [
        {
            **shoe,
            "revealed": True,
            "server_seed": dealer.seed(shoe["shoe_number"]).hex(),
            "client_seeds": client_seeds[shoe["shoe_number"]],
        }
        for shoe in record["shoes"]
    ]
    times = {"started_at": "2026-11-25T12:00:00Z", "settled_at": "2026-11-25T12:00:30Z"}
    return {
        **record,
        "round_id": table.state.round_id,
        "table_id": table.state.config.table_id,
        **times,
        "shoes": shoes,
    }


def insured_table(bets: dict[int, int]) -> tuple[FairDealer, Table]:
    """A table of one deck whose dealer shows an ace; nobody has answered about insurance yet."""
    rules = Rules(decks=1)
    config = a_config(rules=rules)
    for number in range(1_000):
        dealer = FairDealer(f"insurance {number}", config.table_id, rules)
        table = Table(config, dealer).sit(*bets).bet(bets)
        table.deal()
        if table.state.phase is Phase.INSURANCE:
            return dealer, table
    raise AssertionError("no ace among a thousand up cards")


def _move(table: Table, turn: int) -> None:
    """The rarest legal move of the seat that is asked; now and then another one."""
    asked = next(seat for seat in range(1, len(table.state.seats) + 1) if legal_moves(table.state, seat))
    moves = legal_moves(table.state, asked)
    wanted = (Move.SPLIT, Move.INSURE, Move.DOUBLE, Move.HIT, Move.STAND, Move.SURRENDER)
    rare = next((move for move in wanted if move in moves), moves[0])
    table.act(asked, rare if turn % 3 else moves[turn % len(moves)], hand=_hand(table))


def _hand(table: Table) -> int:
    return 0 if table.state.turn is None else table.state.turn.hand
