"""The doorbell: how whoever has work wakes a worker. A ring may get lost; the rows in PostgreSQL do not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Doorbell(Protocol):
    """Rings for work; never raises, and a ring for work that is rung for already does nothing."""

    async def ring_run(self, run_id: UUID) -> None:
        """A run has begun: its payout rows are to be written."""
        ...

    async def ring_pages(self, run_id: UUID, pages: Sequence[int]) -> int:
        """These pages are to be paid; answers how many were not rung for already."""
        ...

    async def ring_payout(self, payout_id: UUID, retry_at: datetime) -> None:
        """This payout failed and is to be tried again, at that time or soon after it."""
        ...
