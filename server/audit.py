"""Every invariant of the house, for `casino audit`."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from economy import audit as economy_audit
from economy.audit import Finding
from server.floor import audit as floor_audit
from server.floor import audit_journals, audit_rounds

INVARIANTS: Final = (
    *economy_audit.INVARIANTS,
    *floor_audit.INVARIANTS,
    *audit_rounds.INVARIANTS,
    *audit_journals.INVARIANTS,
)

_SHOWN: Final = 20  # findings of one invariant about rounds and journals that are told in full

Seen = Callable[[str, int, int], None]
"""Hears what is looked at, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much is played again: so many of the newest rounds and as many of any time, so many tables.

    None means all of them.
    """

    rounds: int | None = 200
    tables: int | None = 10


async def audit_all(engine: AsyncEngine, scope: Scope, chance: Random, seen: Seen) -> list[Finding]:
    """What is broken, of money, payouts, tables and rounds; empty when nothing is."""
    findings = await economy_audit.audit(engine)
    async with engine.connect() as connection:
        findings.extend(await floor_audit.audit_tables(connection))

    def of(what: str) -> Callable[[int, int], None]:
        return lambda done, total: seen(what, done, total)

    rounds = audit_rounds.audit_rounds(engine, scope.rounds, chance, of("rounds"))
    journals = audit_journals.audit_journals(engine, scope.tables, chance, of("tables"))
    return [*findings, *await _first_of(rounds), *await _first_of(journals)]


async def _first_of(found: AsyncIterator[Finding]) -> list[Finding]:
    """The first findings of each invariant, and how many more there are."""
    shown: list[Finding] = []
    counts: Counter[str] = Counter()
    async for finding in found:
        counts[finding.invariant] += 1
        if counts[finding.invariant] <= _SHOWN:
            shown.append(finding)
    more = {invariant: count - _SHOWN for invariant, count in counts.items() if count > _SHOWN}
    return [*shown, *(Finding(invariant, f"… and {count} more") for invariant, count in more.items())]
