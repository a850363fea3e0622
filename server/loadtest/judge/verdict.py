"""All judges together: what the clients saw, and, where the database is known, whether it was so."""

from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from server.audit import Scope, audit_all
from server.floor.seeds import SeedUnreadable, SeedVault
from server.loadtest.judge.cards import CardWatch, orders_of
from server.loadtest.judge.effects import EffectWatch
from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.ledger import LedgerWatch
from server.loadtest.judge.order import judge_order
from server.loadtest.judge.pay import PayWatch
from server.loadtest.judge.secrets import SecretWatch
from server.loadtest.judge.tables import ViewWatch
from server.loadtest.judge.truth import Before, Truth
from server.loadtest.transcript import Said, Transcript, read_transcript

NO_DATABASE = "no database was given: journal, ledger and books were not looked at (DATABASE_URL)"
NO_SEEDS = "the keys at hand don't open the seeds: cards were not held against the shoes (SHOE_KEYS)"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: `findings` tells the first ones of each kind, `counts` how many there are."""

    ok: bool
    findings: list[Finding]
    counts: dict[str, int]
    checked: dict[str, int]
    notes: list[str]


class Court:
    """`hear` the logs, then judge: `by_database` where there is one, and `verdict` at the end."""

    def __init__(self) -> None:
        self._findings = Findings()
        self._secrets = SecretWatch(self._findings)
        self._pay = PayWatch(self._findings)
        self._views = ViewWatch(self._findings)
        self._notes: list[str] = []

    def hear(self, logs: Sequence[Path]) -> Transcript:
        """Read the logs and judge them by themselves."""
        transcript = read_transcript(logs, self._look)
        judge_order(transcript, self._findings)
        self._pay.judge(transcript)
        self._views.judge_alike()
        return transcript

    async def by_database(
        self, engine: AsyncEngine, before: Before, transcript: Transcript, vault: SeedVault
    ) -> bool:
        """Hold everything against one snapshot of the database, then audit it; whether the books balance."""
        async with engine.connect() as connection:
            truth = await Truth.begun(connection, before)
            await self._by_journal(truth, before, transcript, vault)
            hashes = await truth.token_hashes(self._secrets.hashes())
        self._secrets.judge(hashes)
        broken = await audit_all(engine, Scope(), SystemRandom(), lambda *_: None)
        for found in broken:
            self._findings.add(Finding(kind=f"books:{found.invariant}", detail=found.detail))
        return not broken

    def without_database(self) -> None:
        """There is none."""
        self._notes.append(NO_DATABASE)
        self._secrets.judge()

    def verdict(self) -> Verdict:
        """What was found."""
        return Verdict(
            ok=not self._findings.counts,
            findings=self._findings.told,
            counts=dict(self._findings.counts),
            checked=dict(self._findings.checked),
            notes=self._notes,
        )

    def _look(self, said: Said, text: str, payload: object) -> None:
        self._secrets.look(said, text, payload)
        self._pay.look(said, text, payload)
        self._views.look(said, text, payload)

    async def _by_journal(
        self, truth: Truth, before: Before, transcript: Transcript, vault: SeedVault
    ) -> None:
        effects = EffectWatch(transcript, self._findings)
        ledger = LedgerWatch(self._findings, effects.users)
        cards = CardWatch(self._findings)
        for table_id, first in before.versions.items():
            self._views.judge_state(before.states[table_id], first)
            last = first
            async for move in truth.moves(table_id):
                if move.version != last + 1:
                    self._lost(table_id, last + 1, f"the journal goes on with version {move.version}")
                last = move.version
                self._views.judge_state(move.after, move.version)
                effects.judge_move(move)
                ledger.judge_move(move)
                cards.judge_move(move)
            for seen in self._views.versions_of(table_id):
                if seen > last:
                    self._lost(table_id, seen, "it was shown, and the journal does not have it")
        effects.judge(await truth.acks(effects.users))
        accounts = await truth.accounts(user_ids=ledger.users, table_ids=before.versions)
        judged = [
            account.account_id
            for account in accounts
            if account.kind != "wallet" or account.owner in effects.users
        ]
        ledger.judge(accounts, await truth.transfers(judged), effects.users)
        cards.judge(await truth.rounds(before.versions), await self._orders(truth, before, vault))

    async def _orders(self, truth: Truth, before: Before, vault: SeedVault) -> dict[str, Sequence[str]]:
        try:
            return orders_of(await truth.shoes(before.versions), vault, self._findings)
        except SeedUnreadable:
            self._notes.append(NO_SEEDS)
            return {}

    def _lost(self, table_id: str, version: int, what: str) -> None:
        kind, detail = "version_not_in_journal", f"version {version}: {what}"
        self._findings.add(Finding(kind=kind, detail=detail, table_id=table_id, version=version))
