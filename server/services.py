"""What the edges work with: one record, filled where a process is put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from server.bells import Bells
from server.floor.floor import Floor
from server.floor.seeds import SeedVault
from server.identity.addresses import Proxies
from server.identity.limits import SignInLimits
from server.identity.service import Identity
from server.payout_desk import PayoutDesk
from server.settings import Settings
from telemetry.snapshots import OperationStats


class Metrics(Protocol):
    """The numbers of all processes, merged."""

    async def operations(self) -> Sequence[OperationStats]:
        """Every operation's numbers."""
        ...

    async def exposition(self) -> str:
        """The same and the gauges as Prometheus text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one web process."""

    settings: Settings
    engine: AsyncEngine
    redis: Redis
    identity: Identity
    sign_in_limits: SignInLimits
    proxies: Proxies
    bells: Bells
    floor: Floor
    seeds: SeedVault
    payouts: PayoutDesk
    metrics: Metrics
    is_hearing: Callable[[], bool]  # the push channel and the bells come back to this process
    is_draining: Callable[[], bool]
