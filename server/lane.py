"""The dividend lane as a process runs it: what the economy publishes becomes bells for the web processes."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from economy.lanes import Lane, LaneOptions
from economy.outbox import OutboxEvent
from server.bells import AlertRaised, Bells, PayoutFailed, RunProgressed, SyndicatePaid
from server.settings import Settings
from telemetry.alerts import Alerts
from telemetry.clock import Clock
from telemetry.logs import get_logger

_BELLS: Final[Mapping[str, type[SyndicatePaid | RunProgressed | PayoutFailed | AlertRaised]]] = {
    "syndicate_paid": SyndicatePaid,
    "run_progressed": RunProgressed,
    "payout_failed": PayoutFailed,
    "alert_raised": AlertRaised,
}

log = get_logger()


class NotRung(Exception):
    """Valkey did not take the bell; the relay asks again."""


class BellPublisher:
    """The relay's publisher; a failed payout is an alert, too."""

    def __init__(self, bells: Bells, alerts: Alerts) -> None:
        self._bells = bells
        self._alerts = alerts

    async def publish(self, event: OutboxEvent) -> None:
        """Ring every process; raises NotRung, after which the event comes again."""
        kind = _BELLS.get(event.event)
        if kind is None:
            log.warning("lane.event_unknown", outbox_event=event.event)
            return
        bell = kind(payload=dict(event.payload))
        if not await self._bells.ring(bell):
            raise NotRung(event.event)
        if isinstance(bell, PayoutFailed):
            payout_id = str(event.payload.get("payout_id"))
            self._alerts.raise_alert("payout_failed", "payout:pay_syndicate", facts={"payout_id": payout_id})


def make_lane(settings: Settings, engine: AsyncEngine, bells: Bells, alerts: Alerts, clock: Clock) -> Lane:
    """The lane with the settings of this process."""
    options = LaneOptions(
        concurrency=settings.payout_concurrency,
        page=settings.payout_page,
        syndicate_bps=settings.syndicate_bps,
        cron=settings.payout_cron,
    )
    return Lane(engine, settings.redis_url, options, BellPublisher(bells, alerts), clock)
