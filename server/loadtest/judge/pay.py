"""What players were paid, by what they saw themselves: every round's payout came once, and is right."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.referee import came_back, wrong_payments
from server.loadtest.transcript import Connection, Said, Transcript


class PayWatch:
    """Looks at every settled view; `judge` then holds it against what the wallets did."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._paid: dict[tuple[str, str], tuple[int, dict[str, int]]] = {}

    def look(self, said: Said, _text: str, payload: object) -> None:
        """Take a frame in."""
        view = said.view
        if view is None or view.phase != "settled" or not isinstance(payload, dict):
            return
        plain = payload if said.event else payload["table"]
        key = (view.table_id, view.round_id or "")
        if key not in self._paid:
            self._findings.looked_at("settled_rounds")
        self._paid.setdefault(key, (view.version, came_back(plain)))
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
        """Whether what each player's wallet got for settled rounds is what they came to, round by round."""
        connections: dict[str, list[Connection]] = {}
        for connection in transcript.connections:
            if connection.is_player:
                connections.setdefault(connection.user_id, []).append(connection)
        for user_id, own in connections.items():
            if len(own) == 1:  # over a break, payments may have gone untold
                self._judge_player(user_id, own[0])

    def _judge_player(self, user_id: str, connection: Connection) -> None:
        got = list(_settlements(connection))
        due = [
            (round_id, paid[user_id])
            for (table_id, round_id), (_, paid) in sorted(self._paid.items(), key=lambda item: item[1][0])
            if table_id == connection.table_id and paid.get(user_id)
        ]
        for number, amount in enumerate(got):
            if number >= len(due):
                before = due[-1] if due else ("none", 0)
                detail = f"{amount} came in after round {before[0]}, which had been paid with {before[1]}"
                self._add("double_pay", connection, detail)
                return
            round_id, right = due[number]
            if amount != right:
                is_repeated = (number > 0 and amount == due[number - 1][1]) or amount == 2 * right
                detail = f"round {round_id} came to {right}, {amount} was paid"
                self._add("double_pay" if is_repeated else "paid_wrongly", connection, detail)
                return

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


def _settlements(connection: Connection) -> Iterator[int]:
    """What each settlement added to the balance, in the order of the balance's versions."""
    told: dict[int, tuple[int, str]] = {}
    for _, said in connection.heard:
        if said.event in ("welcome", "balance_changed"):
            facts = said.facts
            told.setdefault(facts["balance_version"], (facts["balance"], facts.get("reason", "")))
    for version, (balance, reason) in sorted(told.items()):
        if reason == "settled" and version - 1 in told:
            yield balance - told[version - 1][0]
