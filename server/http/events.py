"""What the sockets tell, as types for the documents: one record for each event."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from games.blackjack.view import TableView
from telemetry.snapshots import OperationStats, Process


class WelcomeUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in."""

    user_id: str
    name: str
    role: str


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """Always the first event."""

    protocol: Literal[1]
    user: WelcomeUser
    balance: int
    balance_version: int
    server_time: str
    unconfirmed_count: int
    confirmed_through: int


class PresenceChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Who is connected and how many watch."""

    table_id: str
    watchers: int
    connected: list[int]


class BalanceTold(msgspec.Struct, frozen=True, kw_only=True):
    """The wallet moved; once a commit."""

    balance: int
    balance_version: int
    reason: Literal[
        "bet",
        "bet_cleared",
        "double",
        "split",
        "insurance",
        "settled",
        "voided",
        "dividend",
        "contribution",
        "credit",
        "top_up",
    ]


class PayoutCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A dividend; the player confirms through its seq."""

    seq: int
    payout_id: str
    run_id: str
    transfer_id: str
    syndicate_id: str
    syndicate_name: str
    amount: int
    balance: int
    paid_at: str


class SyndicatePaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """The player's syndicate was paid."""

    payout_id: str
    run_id: str
    syndicate_id: str
    total: int
    members: int
    treasury: int
    paid_at: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the table said something."""

    table_id: str
    user_id: str
    name: str
    text: str
    at: str


class RestartComing(msgspec.Struct, frozen=True, kw_only=True):
    """The server is about to restart."""

    reconnect_after_ms: int


class MetricsUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of all processes."""

    at: str
    processes: list[Process]
    operations: list[OperationStats]


class QueueUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """The payouts of the latest run."""

    at: str
    waiting: int
    active: int
    completed: int
    failed: int
    scheduled: int
    paused: bool


class RunWent(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is."""

    at: str
    run_id: str
    status: str
    total: int
    paid: int
    failed: int
    skipped: int
    amount: int
    per_second: float
    eta_s: float | None


class AlertOpened(msgspec.Struct, frozen=True, kw_only=True):
    """Something needs an operator's eye."""

    at: str
    alert_id: str
    type: str
    operation: str
    duration_ms: float | None
    threshold_ms: float | None
    process: str


class AlertClosed(msgspec.Struct, frozen=True, kw_only=True):
    """It is over."""

    at: str
    alert_id: str


class PayoutGaveUp(msgspec.Struct, frozen=True, kw_only=True):
    """A payout failed for good."""

    at: str
    payout_id: str
    syndicate_id: str
    attempts: int
    error: str


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A process logged a warning or worse; with the line's own fields."""

    at: str
    severity: str
    message: str
    event: str


PLAYER_EVENTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "welcome": Welcome,
    "table_changed": TableView,
    "presence_changed": PresenceChanged,
    "balance_changed": BalanceTold,
    "payout_completed": PayoutCompleted,
    "syndicate_paid": SyndicatePaidOut,
    "said": Said,
    "server_restarting": RestartComing,
}

ADMIN_EVENTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "metrics_updated": MetricsUpdated,
    "queue_updated": QueueUpdated,
    "run_progressed": RunWent,
    "alert_raised": AlertOpened,
    "alert_resolved": AlertClosed,
    "log_written": LogLine,
    "payout_failed": PayoutGaveUp,
}
