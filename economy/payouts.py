"""Runs and payouts: what they are, the steps that they may take, and when they are due.

    run      SCHEDULING ──▶ RUNNING ──▶ COMPLETED          payout   SCHEDULED ──▶ PAID
                 │             │ ▲          │                        │   ▲   ├──▶ SKIPPED (with the reason)
                 └─▶ CANCELLED ◀─┘ └── retry ─┘                      │   │   └──▶ CANCELLED
                                                                     ▼   │
                                                                   FAILED ┘ (by an operator)

Nothing else writes a status. In SQL, a step is an UPDATE that names the status it starts from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from croniter import croniter

from economy.money import Money, part_down
from economy.shares import Holder, Part, fingerprint, split

BPS_WHOLE: Final = 10_000


class RunKind(StrEnum):
    """Who started a run: the clock or an operator."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"


class RunStatus(StrEnum):
    """SCHEDULING while payout rows are written, RUNNING while some are SCHEDULED."""

    SCHEDULING = "SCHEDULING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class PayoutStatus(StrEnum):
    """SCHEDULED is both waiting and in a worker's hands."""

    SCHEDULED = "SCHEDULED"
    PAID = "PAID"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class SkipReason(StrEnum):
    """Why a syndicate gets nothing from a run."""

    NO_SHARES = "no_shares"
    NOTHING_TO_PAY = "nothing_to_pay"
    BELOW_MINIMUM = "below_minimum"
    PLAN_CHANGED = "plan_changed"


class IllegalStep(ValueError):
    """The status does not allow this step."""


RUN_STEPS: Final[Mapping[RunStatus, frozenset[RunStatus]]] = {
    RunStatus.SCHEDULING: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset({RunStatus.COMPLETED, RunStatus.CANCELLED}),
    RunStatus.COMPLETED: frozenset({RunStatus.RUNNING}),
    RunStatus.CANCELLED: frozenset(),
}

PAYOUT_STEPS: Final[Mapping[PayoutStatus, frozenset[PayoutStatus]]] = {
    PayoutStatus.SCHEDULED: frozenset(
        {PayoutStatus.PAID, PayoutStatus.SKIPPED, PayoutStatus.FAILED, PayoutStatus.CANCELLED}
    ),
    PayoutStatus.PAID: frozenset(),
    PayoutStatus.SKIPPED: frozenset(),
    PayoutStatus.FAILED: frozenset({PayoutStatus.SCHEDULED}),
    PayoutStatus.CANCELLED: frozenset(),
}

_Status = TypeVar("_Status", RunStatus, PayoutStatus)


def step(steps: Mapping[_Status, frozenset[_Status]], before: _Status, after: _Status) -> _Status:
    """The status after a legal step; raises `IllegalStep`."""
    if after not in steps[before]:
        raise IllegalStep(f"{before} → {after}")
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run with its counts, which PostgreSQL counted in one snapshot: they sum to `total`."""

    run_id: UUID
    kind: RunKind
    period: str | None
    status: RunStatus
    plan_id: UUID | None
    total: int
    waiting: int
    active: int
    paid: int
    skipped: int
    failed: int
    cancelled: int
    amount: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a run paid one syndicate, or why it did not; `confirmed` counts the members who confirmed it."""

    payout_id: UUID
    run_id: UUID
    syndicate_id: UUID
    status: PayoutStatus
    amount: int
    members: int
    confirmed: int
    reason: str | None
    error: str | None
    attempts: int
    retry_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What decides how much of a treasury one run pays (cents; `dividend_bps` in 1/10,000)."""

    dividend_bps: int
    minimum_payout: int
    reserve: int


def dividend(treasury: Money, terms: Terms) -> Money | SkipReason:
    """The part of the treasury above its reserve that is paid, rounded down; or why none is."""
    above = Money(max(0, treasury - terms.reserve))
    amount = part_down(above, terms.dividend_bps, BPS_WHOLE)
    if amount == 0:
        return SkipReason.NOTHING_TO_PAY
    return SkipReason.BELOW_MINIMUM if amount < terms.minimum_payout else amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a stored plan says about one syndicate."""

    amount: Money
    shares_fingerprint: bytes


def decide(
    treasury: Money,
    terms: Terms,
    holders: Sequence[Holder],
    *,
    run_id: UUID,
    planned: Planned | None = None,
) -> tuple[Part, ...] | SkipReason:
    """Who gets what from a treasury; or why nobody gets anything.

    A plan binds: its amount is paid, or nothing when shares changed since or the treasury does not cover it.
    """
    if planned is not None:
        if fingerprint(holders) != planned.shares_fingerprint or treasury < planned.amount:
            return SkipReason.PLAN_CHANGED
        return split(planned.amount, holders, run_id=run_id)
    if not any(holder.shares for holder in holders):
        return SkipReason.NO_SHARES
    amount = dividend(treasury, terms)
    return amount if isinstance(amount, SkipReason) else split(amount, holders, run_id=run_id)


def latest_due(cron: str, now: datetime) -> datetime:
    """The last moment, at or before now, at which a scheduled run was due."""
    # `get_prev` is strictly before its start: a moment that is due itself is found from just after it.
    due: datetime = croniter(cron, now.astimezone(UTC) + timedelta(microseconds=1)).get_prev(datetime)
    return due


def next_due(cron: str, now: datetime) -> datetime:
    """The first moment after now at which a scheduled run will be due."""
    due: datetime = croniter(cron, now.astimezone(UTC)).get_next(datetime)
    return due


def period_of(due: datetime) -> str:
    """The name of the period that a due time opens: one run each, for ever."""
    return due.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
