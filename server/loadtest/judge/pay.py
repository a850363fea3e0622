"""What players were paid, by what they saw themselves: every round's payout came once, and is right."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.referee import Settled, settled_of, wrong_payments
from server.loadtest.transcript import Connection, Said, Transcript


class PayWatch:
    """Looks at every settled view; `judge` then holds it against what the wallets did."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._rounds: dict[tuple[str, str], dict[str, Settled]] = {}

    def look(self, said: Said, _text: str, payload: object) -> None:
        """Take a frame in."""
        view = said.view
        if view is None or view.phase != "settled" or not isinstance(payload, dict):
            return
        plain = payload if said.event else payload["table"]
        key = (view.table_id, view.round_id or "")
        if key not in self._rounds:
            self._findings.looked_at("settled_rounds")
        self._rounds.setdefault(key, settled_of(plain))
        self._look_at_payments(plain)

    def _look_at_payments(self, plain: Mapping[str, Any]) -> None:
        for user_id, what in wrong_payments(plain):
            self._findings.add(
                Finding(
                    kind="paid_wrongly",
                    detail=f"round {plain['round_id']}: {what}",
                    table_id=plain["table_id"],
                    version=plain["version"],
                    user_id=user_id,
                )
            )

    def judge(self, transcript: Transcript) -> None:
        """Whether each player's wallet got for settled rounds what they came to, round by round."""
        connections: defaultdict[str, list[Connection]] = defaultdict(list)
        for connection in transcript.connections:
            if connection.is_player:
                connections[connection.user_id].append(connection)
        for user_id, own in connections.items():
            if len(own) == 1:  # over a break, payments may have gone untold
                self._judge_player(user_id, own[0])

    def _judge_player(self, user_id: str, connection: Connection) -> None:
        """Up to the first round whose end nobody here was shown."""
        told = list(_balances(connection))
        if not told:
            return
        right, settlements = told[0].balance, (one for one in told if one.reason == "settled")
        for round_id in _rounds_of(connection):
            settled = self._rounds.get((connection.table_id, round_id), {}).get(user_id)
            if settled is None:
                return
            right += settled.paid - settled.staked
            if settled.paid == 0:
                continue
            got = next(settlements, None)
            if got is None:  # untold: that is judged elsewhere
                return
            if got.balance != right:
                is_repeated = got.is_repeated or got.balance - right == settled.paid
                detail = (
                    f"round {round_id} leaves {right} with its {settled.paid}, the wallet has {got.balance}"
                )
                self._add("double_pay" if is_repeated else "paid_wrongly", connection, detail)
                return
        for surplus in settlements:
            detail = f"the wallet got a settlement, to {surplus.balance}, when every round had been paid"
            self._add("double_pay", connection, detail)

    def _add(self, kind: str, connection: Connection, detail: str) -> None:
        self._findings.add(
            Finding(
                kind=kind,
                detail=detail,
                table_id=connection.table_id,
                user_id=connection.user_id,
                connection=connection.name,
            )
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """A balance and why it changed; `is_repeated` when the change before had the same reason."""

    balance: int
    reason: str
    is_repeated: bool


def _balances(connection: Connection) -> Iterator[_Told]:
    """What was told of the balance, from the welcome on, in the order of its versions without gaps."""
    told: dict[int, tuple[int, str]] = {}
    for _, said in connection.heard:
        if said.event in ("welcome", "balance_changed"):
            facts = said.facts
            told.setdefault(facts["balance_version"], (facts["balance"], facts.get("reason", "")))
    before = ""
    for expected, (version, (balance, reason)) in enumerate(sorted(told.items()), start=min(told, default=0)):
        if version != expected:  # one was not told: that is judged elsewhere
            return
        yield _Told(balance, reason, is_repeated=reason == before)
        before = reason


def _rounds_of(connection: Connection) -> list[str]:
    """The rounds that the player bet in, in order."""
    bets = [
        (command.version or 0, str(command.payload.get("round_id")))
        for command in connection.commands.values()
        if command.event == "place_bet" and command.is_accepted
    ]
    return list(dict.fromkeys(round_id for _, round_id in sorted(bets)))
