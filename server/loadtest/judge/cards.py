"""Every round was dealt from its shoes, in the order that their seeds give, and played by the rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from games.blackjack.history import dealer_record, seat_outcomes
from games.blackjack.rules import parse_rules, rules_text
from games.blackjack.script import ScriptError, parse_script, replay
from games.blackjack.state import TableState
from games.blackjack.terms import Outcome, Phase
from games.cards import card_texts
from games.fairness import commitment, shoe_order
from server.floor.seeds import SeedVault
from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.truth import Move

_Order = Sequence[str]


class CardWatch:
    """Gets every move of the journal; `judge` then holds the rounds' records against shoes and rules."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._settled: dict[str, TableState] = {}

    def judge_move(self, move: Move) -> None:
        """Take a move of the journal in."""
        is_new = move.before.phase is not Phase.SETTLED or move.before.round_id != move.after.round_id
        if move.after.phase is Phase.SETTLED and is_new and move.after.round_id is not None:
            self._settled[move.after.round_id] = move.after

    def judge(self, records: Sequence[Row[Any]], orders: Mapping[str, _Order]) -> None:
        """`records` are the stored rounds, `orders` the cards of the shoes by commitment, as far as known."""
        for row in records:
            round_id, record = str(row.round_id), row.record
            state = self._settled.pop(round_id, None)
            if state is None:
                continue
            self._findings.looked_at("rounds")
            self._judge_end(round_id, record, state)
            self._judge_cards(round_id, row.table_id, record, orders)
            if not _is_void(record):
                self._judge_play(round_id, row.table_id, record)
        for round_id, state in self._settled.items():
            if any(seat.hands for seat in state.seats):
                self._add("record_missing", state.config.table_id, f"round {round_id} has no record")

    def _judge_end(self, round_id: str, record: Mapping[str, Any], state: TableState) -> None:
        ends = msgspec.to_builtins(seat_outcomes(state))
        kept = [
            {name: seat[name] for name in ("seat", "hands", "insurance", "net")} for seat in record["seats"]
        ]
        if _plain(ends) != _plain(kept) or _plain(dealer_record(state)) != _plain(record["dealer"]):
            self._add(
                "record_wrong", state.config.table_id, f"round {round_id} ended otherwise by the journal"
            )

    def _judge_cards(
        self, round_id: str, table_id: str, record: Mapping[str, Any], orders: Mapping[str, _Order]
    ) -> None:
        dealt: list[str] = []
        for shoe in record["shoes"]:
            order = orders.get(shoe["commitment"])
            if order is None:
                return
            dealt.extend(order[shoe["first_card"] : shoe["first_card"] + shoe["cards"]])
        self._findings.looked_at("rounds_against_shoes")
        if dealt != record["cards"]:
            self._add("card_not_of_the_shoe", table_id, f"round {round_id} was not dealt in the shoe's order")

    def _judge_play(self, round_id: str, table_id: str, record: Mapping[str, Any]) -> None:
        try:
            played = replay(parse_script(msgspec.json.encode(record)))
        except ScriptError as refusal:
            self._add("round_not_playable", table_id, f"round {round_id}: {refusal} {refusal.facts()}")
            return
        kept = [
            {name: seat[name] for name in ("seat", "hands", "insurance", "net")} for seat in record["seats"]
        ]
        if _plain(played.seats) != _plain(kept) or _plain(played.dealer) != _plain(record["dealer"]):
            self._add("record_wrong", table_id, f"round {round_id} ends otherwise when it is played again")

    def _add(self, kind: str, table_id: str, detail: str) -> None:
        self._findings.add(Finding(kind=kind, detail=detail, table_id=table_id))


def orders_of(rows: Sequence[Row[Any]], vault: SeedVault, findings: Findings) -> dict[str, _Order]:
    """The cards of the shoes by commitment; raises SeedUnreadable. A seed must be what was committed to."""
    orders: dict[str, _Order] = {}
    for row in rows:
        seed = vault.unwrap(row.wrapped_seed, row.table_id, row.shoe_number)
        if commitment(seed) != row.commitment:
            detail = f"shoe {row.shoe_number} is not what its commitment promised"
            findings.add(Finding(kind="commitment_broken", detail=detail, table_id=row.table_id))
        rules = rules_text(parse_rules(row.rules))
        cards = shoe_order(
            seed, tuple(row.client_seeds), row.table_id, row.shoe_number, row.decks, rules=rules
        )
        orders[row.commitment] = card_texts(cards)
    return orders


def _is_void(record: Mapping[str, Any]) -> bool:
    return any(hand["outcome"] == Outcome.VOID for seat in record["seats"] for hand in seat["hands"])


def _plain(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))
