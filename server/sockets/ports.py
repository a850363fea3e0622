"""What the socket edge needs from the rest of the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from games.blackjack.commands import Command
from games.blackjack.terms import Move
from games.blackjack.view import TableSummary, TableView
from games.ports import BalanceChange


class Player(Protocol):
    """Who is signed in."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def suspended(self) -> bool: ...


class Session(Protocol):
    """A token that is good, and until when."""

    @property
    def user(self) -> Player: ...
    @property
    def token_hash(self) -> bytes: ...
    @property
    def expires_at(self) -> datetime: ...


class Doorman(Protocol):
    """Knows tokens."""

    async def authenticate(self, token: str) -> Session | None:
        """The session that the token opens, if it opens one."""
        ...


class Advice(Protocol):
    """Basic strategy."""

    @property
    def move(self) -> Move: ...
    @property
    def moves(self) -> tuple[Move, ...]: ...


class Attendants(Protocol):
    """Counts the sockets of a user, so that the floor knows who is here."""

    async def connected_socket(self, user_id: str) -> None:
        """A socket of this user opened here."""
        ...

    async def disconnected_socket(self, user_id: str) -> None:
        """A socket of this user closed here."""
        ...

    def watchers(self, table_id: str) -> int:
        """How many watch the table, over all processes, as last heard."""
        ...


class FloorDesk(Protocol):
    """The floor, as players meet it."""

    @property
    def presence(self) -> Attendants: ...

    async def play(
        self,
        user_id: str,
        table_id: str,
        command: Command,
        *,
        name: str,
        command_id: str,
        payload: Mapping[str, object],
    ) -> dict[str, object]:
        """Carry out a player's command; the ack without `ok`. Raises the refusal."""
        ...

    async def summaries(self) -> list[TableSummary]:
        """Every table in a line."""
        ...

    async def view(self, table_id: str) -> TableView:
        """What anybody may see of the table."""
        ...

    async def advise(self, user_id: str, table_id: str) -> Advice:
        """Basic strategy for the player's turn."""
        ...

    async def watch(self, sid: str, table_id: str) -> TableView:
        """A socket here watches the table from now on."""
        ...

    async def unwatch(self, sid: str, table_id: str) -> None:
        """A socket here watches the table no longer."""
        ...

    async def attendance(self, table_id: str) -> tuple[int, list[int]]:
        """How many watch the table, and the seats whose players are connected."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A player's wallet, and what waits for it to be confirmed."""

    balance: int  # cents
    version: int
    dividend_seq: int
    confirmed_through: int
    syndicate_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """One dividend of one player, as `payout_completed` tells it."""

    user_id: str
    seq: int
    payout_id: str
    run_id: str
    transfer_id: str
    syndicate_id: str
    syndicate_name: str
    amount: int  # cents
    balance: int  # cents, after it
    balance_version: int
    paid_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may have changed about a connected player while nobody rang."""

    user_id: str
    is_suspended: bool
    syndicate_id: str | None
    dividend_seq: int
    confirmed_through: int
    balance_version: int


class Books(Protocol):
    """What the edge reads and writes in the database itself."""

    async def wallet(self, user_id: str) -> Wallet:
        """The player's wallet."""
        ...

    async def dividends(self, after: Mapping[str, int]) -> Sequence[Dividend]:
        """These users' dividends past a seq each, in order, at most 100 past the confirmed; one query."""
        ...

    async def confirm(self, user_id: str, command_id: str, through: int) -> dict[str, object]:
        """Confirm through a seq, once a command id; the ack without `ok`. Raises the refusal."""
        ...

    async def is_muted(self, user_id: str) -> bool:
        """Whether the player may not chat."""
        ...

    async def standings(self, user_ids: Sequence[str]) -> Sequence[Standing]:
        """How these players stand now."""
        ...

    async def wallet_versions(self, user_ids: Sequence[str]) -> dict[str, int]:
        """The versions of these players' balances."""
        ...

    async def balance_changes(self, missed: Mapping[str, tuple[int, int]]) -> Sequence[BalanceChange]:
        """What moved these players' wallets past one version and through another; dividends are left out."""
        ...

    async def ended(self, token_hashes: Sequence[str]) -> frozenset[str]:
        """Those of these sessions (hex) that are over."""
        ...


class PayoutDesk(Protocol):
    """The payout lane, as operators meet it; answers what the HTTP calls answer."""

    async def start_run(self, user_id: str, command_id: str, plan_id: str | None) -> dict[str, object]:
        """Start a run."""
        ...

    async def pause(self, user_id: str) -> dict[str, object]:
        """Let no further payout be claimed."""
        ...

    async def resume(self, user_id: str) -> dict[str, object]:
        """Let payouts be claimed again."""
        ...

    async def retry(self, user_id: str, payout_id: str) -> dict[str, object]:
        """Try a failed payout again."""
        ...

    async def queue(self) -> dict[str, object]:
        """The payload of `queue_updated`."""
        ...

    async def progress(self) -> dict[str, object] | None:
        """The payload of `run_progressed` for the latest run, if there was one."""
        ...
