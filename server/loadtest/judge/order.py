"""What a connection may count on: versions only rise, no push is missing, every command has its ack.

Views are whole, and several changes may be shown as one: a version that was passed over is no fault by
itself. It is one when others had it, and this connection was without it for longer than showing it together
with the next one can take: then its push was dropped.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.line import ACK_S
from server.loadtest.transcript import Connection, Glance, Transcript

TOGETHER_NS: Final = 250_000_000  # changes that follow each other faster may be shown as one
HEALED_NS: Final = 2_500_000_000  # a push that was lost for everybody is made good by then
DEAF_NS: Final = 5_000_000_000  # nobody may be without news for longer
CLOSING_NS: Final = 1_500_000_000  # what was new when the connection ended need not have come


@dataclass(slots=True)
class _Table:
    """When versions of a table were first pushed to anybody here, and first known, by an ack or a push."""

    pushed: dict[int, int] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)


def judge_order(transcript: Transcript, findings: Findings) -> None:
    """Judge every connection by itself, and by what the others had."""
    tables = _first_seen(transcript)
    ordered = {table_id: sorted(table.known) for table_id, table in tables.items()}
    for connection in transcript.connections:
        _judge_versions(connection, findings)
        if connection.table_id in tables:
            _Watch(connection, tables[connection.table_id], findings).judge(ordered[connection.table_id])
        _judge_balances(connection, findings)
        _judge_acks(connection, findings)
    findings.looked_at("connections", len(transcript.connections))


def _first_seen(transcript: Transcript) -> dict[str, _Table]:
    tables: defaultdict[str, _Table] = defaultdict(_Table)
    for connection in transcript.connections:
        for at_ns, said in connection.heard:
            if said.view is not None:
                table = tables[said.view.table_id]
                _note(table.known, said.view.version, at_ns)
                if said.event:
                    _note(table.pushed, said.view.version, at_ns)
        for command in connection.commands.values():
            if command.version is not None and command.answered_ns is not None:
                _note(tables[command.payload["table_id"]].known, command.version, command.answered_ns)
    return tables


def _note(versions: dict[int, int], version: int, at_ns: int) -> None:
    versions[version] = min(at_ns, versions.get(version, at_ns))


def _judge_versions(connection: Connection, findings: Findings) -> None:
    """Of pushes alone: no order is promised between a push and an ack."""
    last: dict[str, int] = {}
    for _, said in connection.heard:
        view = said.view
        if view is None or not said.event:
            continue
        before = last.get(view.table_id, 0)
        if view.version < before:
            detail = f"version {view.version} was pushed after {before}"
            findings.add(_at(connection, "version_fell", detail, view.version))
        last[view.table_id] = max(before, view.version)


@dataclass(slots=True)
class _Watch:
    """One connection's view of its table, beside everybody's."""

    connection: Connection
    table: _Table
    findings: Findings

    def judge(self, ordered: list[int]) -> None:
        """`ordered` are all versions that anybody here knew of."""
        views = [(at_ns, view) for at_ns, view in self._views() if view.table_id == self.connection.table_id]
        if not views:
            return
        last = views[0][1].version
        waiting = iter([version for version in ordered if version > last])
        missing = next(waiting, None)
        for at_ns, view in views[1:]:
            while missing is not None and missing <= view.version:
                self.findings.looked_at("pushes")
                self._judge_gap(missing, at_ns, view.version)
                missing = next(waiting, None)
        ended_ns = self.connection.ended_ns
        while missing is not None and ended_ns is not None:
            if self.table.known[missing] < ended_ns - CLOSING_NS:
                self._dropped(missing, "did not come before the connection ended")
            missing = next(waiting, None)

    def _views(self) -> list[tuple[int, Glance]]:
        return [(at_ns, said.view) for at_ns, said in self.connection.heard if said.view is not None]

    def _judge_gap(self, missing: int, at_ns: int, came: int) -> None:
        """`came` is the version that ended the time without this one, at this moment."""
        known_ns = self.table.known[missing]
        pushed_ns = self.table.pushed.get(missing)
        if came == missing:
            if at_ns - known_ns > DEAF_NS:
                detail = f"version {missing} came {_s(at_ns - known_ns)} after others had it"
                self.findings.add(_at(self.connection, "push_late", detail, missing))
        elif pushed_ns is not None:
            without_ns = self.table.pushed.get(came, at_ns) - pushed_ns
            if without_ns > TOGETHER_NS:
                self._dropped(missing, f"others had it {_s(without_ns)} before version {came}")
        elif at_ns - known_ns > HEALED_NS:
            self._dropped(missing, f"was shown to nobody for {_s(at_ns - known_ns)}")

    def _dropped(self, version: int, what: str) -> None:
        detail = f"the push of version {version} {what}"
        self.findings.add(_at(self.connection, "push_dropped", detail, version))


def _judge_balances(connection: Connection, findings: Findings) -> None:
    """Every version of the balance since the welcome is told once."""
    welcome: int | None = None
    told: Counter[int] = Counter()
    for _, said in connection.heard:
        if said.event == "welcome":
            welcome = int(said.facts["balance_version"])
        elif said.event == "balance_changed":
            told[int(said.facts["balance_version"])] += 1
    if welcome is None or not told:
        return
    findings.looked_at("balances", len(told))
    for version in range(welcome + 1, max(told) + 1):
        if told[version] == 0:
            detail = f"the push of the balance's version {version} never came"
            findings.add(_at(connection, "balance_dropped", detail))
        elif told[version] > 1:
            detail = f"the balance's version {version} was told {told[version]} times"
            findings.add(_at(connection, "told_twice", detail))


def _judge_acks(connection: Connection, findings: Findings) -> None:
    ended_ns = connection.ended_ns
    for number, command in connection.commands.items():
        findings.looked_at("commands")
        waited_s = (ended_ns - command.sent_ns) / 1e9 if ended_ns is not None else ACK_S
        if command.answer is None and waited_s >= ACK_S:
            detail = f"{command.event} (number {number}) was never answered"
            findings.add(_at(connection, "ack_missing", detail))


def _at(connection: Connection, kind: str, detail: str, version: int | None = None) -> Finding:
    return Finding(
        kind=kind,
        detail=detail,
        table_id=connection.table_id,
        version=version,
        user_id=connection.user_id,
        connection=connection.name,
    )


def _s(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:.2f} s"
