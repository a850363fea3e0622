"""Every invariant of the house, for `casino audit`."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from economy import audit as economy_audit
from economy.audit import Finding
from server.floor import audit as floor_audit

INVARIANTS: Final = (*economy_audit.INVARIANTS, *floor_audit.INVARIANTS)


async def audit_all(engine: AsyncEngine) -> list[Finding]:
    """What is broken, of money, payouts and tables; empty when nothing is."""
    findings = await economy_audit.audit(engine)
    async with engine.connect() as connection:
        findings.extend(await floor_audit.audit_tables(connection))
    return findings
