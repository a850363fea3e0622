"""What a worker does with a page of payouts: one transaction each, one after the other.

A payout that fails is counted and put off; the others of its page never notice. Nothing here depends on the
queue being right: a job may come twice, late, or to two workers at once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import paying
from economy.bell import Doorbell
from economy.claims import Claim, claim_one, claim_page, fail, release
from economy.errors import BooksBroken
from economy.faults import backoff_ms, is_away, jitter_ms, transact
from economy.money import AmountError
from economy.paying import LanePaused
from economy.payouts import PayoutStatus, SkipReason, decide
from economy.shares import ShareError
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_duration

log = get_logger()

_Claiming = Callable[[AsyncConnection], Awaitable[tuple[Claim, ...]]]

_ERROR_LENGTH_MAX: Final = 500
# No repeat can help against these: the stored rows are wrong.
_FINAL: Final = (BooksBroken, ShareError, AmountError, IntegrityError, DataError, ProgrammingError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """How often a failing payout is tried, and how long at most until the next try."""

    attempts: int = 3
    base_ms: int = 1_000
    cap_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payout that was made: its total (cents) and how many members got a part of it."""

    run_id: UUID
    syndicate_id: UUID
    amount: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A payout that pays nothing."""

    run_id: UUID
    syndicate_id: UUID
    reason: SkipReason


class Interrupted(Exception):
    """The lane is stopping: what is left of this page is for another worker."""


async def pay_syndicate(engine: AsyncEngine, payout_id: UUID) -> Paid | Skipped | None:
    """Pay one syndicate in one transaction, once and never again; None when there is nothing (more) to do.

    Raises `LanePaused`, and whatever went wrong: then nothing has happened.
    """

    async def attempt(connection: AsyncConnection) -> Paid | Skipped | None:
        taken = await paying.take(connection, payout_id)
        if taken is None:
            return None
        purse = await paying.open_purse(connection, taken)
        parts = decide(purse.treasury, purse.terms, purse.holders, run_id=taken.run_id, planned=purse.planned)
        if isinstance(parts, SkipReason):
            await paying.skip(connection, taken, parts)
            return Skipped(run_id=taken.run_id, syndicate_id=taken.syndicate_id, reason=parts)
        amount = await paying.pay(connection, taken, purse, parts)
        return Paid(run_id=taken.run_id, syndicate_id=taken.syndicate_id, amount=amount, members=len(parts))

    async with measure_duration("payout:pay_syndicate", refusals=(LanePaused,), payout_id=payout_id):
        return await transact(engine, attempt)


class Cashier:
    """Pays pages and single payouts, and counts what fails."""

    def __init__(
        self,
        engine: AsyncEngine,
        bell: Doorbell,
        clock: Clock,
        *,
        rule: RetryRule,
        is_stopping: Callable[[], bool],
        on_event: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._bell = bell
        self._clock = clock
        self._rule = rule
        self._is_stopping = is_stopping
        self._on_event = on_event

    async def pay_page(self, run_id: UUID, page: int) -> None:
        """Pay what is left of a page; raises `Interrupted` when the lane stops in the middle."""
        await self._pay_all(lambda connection: claim_page(connection, run_id, page))

    async def pay_payout(self, payout_id: UUID) -> None:
        """Pay one payout that failed before."""
        await self._pay_all(lambda connection: claim_one(connection, payout_id))

    async def _pay_all(self, claim: _Claiming) -> None:
        claims: tuple[Claim, ...] = ()
        done = 0
        try:
            claims = await transact(self._engine, claim)
            while done < len(claims) and not self._is_stopping():
                await self._pay_one(claims[done])
                done += 1
            await self._release(claims[done:])
        except LanePaused:
            await self._release(claims[done:])
            return
        except Exception as error:
            if not is_away(error):
                raise
            # Nobody's failure: the rows are still SCHEDULED, and the reconciler rings them again.
            log.warning("economy.page_abandoned", left=len(claims) - done, error=_say(error))
            return
        if done < len(claims):
            raise Interrupted

    async def _pay_one(self, claim: Claim) -> None:
        started_ns = self._clock.monotonic_ns()
        try:
            outcome = await pay_syndicate(self._engine, claim.payout_id)
        except LanePaused:
            raise
        except Exception as error:
            if is_away(error):
                raise
            await self._count_failure(claim, error, started_ns)
            return
        if isinstance(outcome, Paid):
            self._on_event()
            log.info(
                "economy.payout_paid",
                type="dividend_payout_completed",
                payout_id=str(claim.payout_id),
                run_id=str(outcome.run_id),
                syndicate_id=str(outcome.syndicate_id),
                amount=outcome.amount,
                members=outcome.members,
                attempt=claim.attempts + 1,
                duration_ms=self._since_ms(started_ns),
            )

    async def _count_failure(self, claim: Claim, error: Exception, started_ns: int) -> None:
        """Write the failure down, and ring again for the next try if there is to be one."""
        said = _say(error)
        attempt = claim.attempts + 1
        longest = backoff_ms(attempt, base_ms=self._rule.base_ms, cap_ms=self._rule.cap_ms)
        failure = await transact(
            self._engine,
            lambda connection: fail(
                connection,
                claim,
                error=said,
                is_final=isinstance(error, _FINAL) or attempt >= self._rule.attempts,
                wait_ms=jitter_ms(longest),
            ),
        )
        if failure is None:
            return
        log.warning(
            "economy.payout_failed",
            type="dividend_payout_failed",
            payout_id=str(claim.payout_id),
            run_id=str(failure.run_id),
            syndicate_id=str(failure.syndicate_id),
            amount=0,
            members=0,
            attempt=failure.attempts,
            is_final=failure.status is PayoutStatus.FAILED,
            error=said,
            duration_ms=self._since_ms(started_ns),
        )
        self._on_event()
        if failure.retry_at is not None:
            await self._bell.ring_payout(claim.payout_id, failure.retry_at)

    async def _release(self, claims: tuple[Claim, ...]) -> None:
        if claims:
            ids = [claim.payout_id for claim in claims]
            await transact(self._engine, lambda connection: release(connection, ids))

    def _since_ms(self, started_ns: int) -> float:
        return round((self._clock.monotonic_ns() - started_ns) / 1e6, 3)


def _say(error: Exception) -> str:
    """One line about an error, without the values of the statement."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(error).__name__}: {cause}".splitlines()[0][:_ERROR_LENGTH_MAX]
