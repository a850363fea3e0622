"""What the socket edge reads and writes in the database: wallets, dividends, standings."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.commands import once
from economy.dividends import AHEAD_MAX, confirm
from games.ports import BalanceChange
from server.errors import Unauthorized
from server.sockets.ports import Dividend, Standing, Wallet
from telemetry.alerts import iso
from telemetry.measure import measure_db_operation

_WALLET: Final = text(
    """SELECT a.balance, a.version, a.dividend_seq, a.confirmed_through, m.syndicate_id
       FROM accounts a LEFT JOIN members m ON m.user_id = CAST(a.owner AS uuid)
       WHERE a.kind = 'wallet' AND a.owner = :user_id"""
)
_DIVIDENDS: Final = text(
    """SELECT a.owner, t.seq, t.payout_id, p.run_id, t.transfer_id, p.syndicate_id, s.name, t.amount,
              t.credit_balance, t.credit_version, t.at
       FROM unnest(CAST(:owners AS text[]), CAST(:afters AS bigint[])) AS q (owner, after)
       JOIN accounts a ON a.kind = 'wallet' AND a.owner = q.owner
       JOIN transfers t ON t.credit = a.account_id AND t.seq > q.after
                        AND t.seq <= a.confirmed_through + :ahead
       JOIN payouts p ON p.payout_id = t.payout_id
       JOIN syndicates s ON s.syndicate_id = p.syndicate_id
       ORDER BY a.owner, t.seq"""
)
_STANDINGS: Final = text(
    """SELECT u.user_id, u.suspended_at IS NOT NULL AS is_suspended, m.syndicate_id, a.dividend_seq,
              a.confirmed_through, a.version
       FROM users u JOIN accounts a ON a.kind = 'wallet' AND a.owner = CAST(u.user_id AS text)
       LEFT JOIN members m ON m.user_id = u.user_id
       WHERE u.user_id = ANY (CAST(:user_ids AS uuid[]))"""
)
_WALLET_VERSIONS: Final = text(
    "SELECT owner, version FROM accounts WHERE kind = 'wallet' AND owner = ANY (:owners)"
)
# A version is one transaction; of its transfers the last one names it.
_BALANCE_CHANGES: Final = text(
    """SELECT DISTINCT ON (q.owner, v.version) q.owner, v.version, v.balance, v.reason
       FROM unnest(CAST(:owners AS text[]), CAST(:afters AS bigint[]), CAST(:throughs AS bigint[]))
           AS q (owner, after, through)
       JOIN accounts a ON a.kind = 'wallet' AND a.owner = q.owner
       CROSS JOIN LATERAL (
           SELECT t.debit_version, t.debit_balance, t.reason, t.key FROM transfers t
           WHERE t.debit = a.account_id AND t.debit_version > q.after AND t.debit_version <= q.through
           UNION ALL
           SELECT t.credit_version, t.credit_balance, t.reason, t.key FROM transfers t
           WHERE t.credit = a.account_id AND t.credit_version > q.after AND t.credit_version <= q.through
       ) AS v (version, balance, reason, key)
       WHERE v.reason <> 'dividend'
       ORDER BY q.owner, v.version, length(v.key) DESC, v.key DESC"""
)
_GOOD_SESSIONS: Final = text(
    """SELECT encode(token_hash, 'hex') FROM sessions
       WHERE token_hash = ANY (CAST(:hashes AS bytea[])) AND expires_at > clock_timestamp()"""
)
_IS_MUTED: Final = text("SELECT muted_at IS NOT NULL FROM users WHERE user_id = CAST(:user_id AS uuid)")


class LedgerBooks:
    """The books in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def wallet(self, user_id: str) -> Wallet:
        """The player's wallet; raises Unauthorized for a player who is no more."""
        async with measure_db_operation("socket_wallet"), self._engine.connect() as connection:
            row = (await connection.execute(_WALLET, {"user_id": user_id})).one_or_none()
        if row is None:
            raise Unauthorized
        return Wallet(
            balance=row.balance,
            version=row.version,
            dividend_seq=row.dividend_seq,
            confirmed_through=row.confirmed_through,
            syndicate_id=_text(row.syndicate_id),
        )

    async def dividends(self, after: Mapping[str, int]) -> Sequence[Dividend]:
        """These users' dividends past a seq each, in order, at most 100 past the confirmed; one query."""
        query = {"owners": list(after), "afters": list(after.values()), "ahead": AHEAD_MAX}
        async with measure_db_operation("socket_dividends"), self._engine.connect() as connection:
            rows = (await connection.execute(_DIVIDENDS, query)).all()
        return [
            Dividend(
                user_id=row.owner,
                seq=row.seq,
                payout_id=str(row.payout_id),
                run_id=str(row.run_id),
                transfer_id=str(row.transfer_id),
                syndicate_id=str(row.syndicate_id),
                syndicate_name=row.name,
                amount=row.amount,
                balance=row.credit_balance,
                balance_version=row.credit_version,
                paid_at=iso(row.at),
            )
            for row in rows
        ]

    async def confirm(self, user_id: str, command_id: str, through: int) -> dict[str, object]:
        """Confirm through a seq, once a command id; the ack without `ok`. Raises the refusal."""

        async def do(connection: AsyncConnection) -> dict[str, object]:
            confirmed = await confirm(connection, UUID(user_id), through)
            return {"confirmed_through": confirmed.confirmed_through, "unconfirmed": confirmed.unconfirmed}

        payload = {"through": through}
        async with measure_db_operation("confirm_payouts"):
            return await once(self._engine, UUID(user_id), command_id, "confirm_payouts", payload, do)

    async def is_muted(self, user_id: str) -> bool:
        """Whether the player may not chat."""
        async with measure_db_operation("socket_muted"), self._engine.connect() as connection:
            return bool(await connection.scalar(_IS_MUTED, {"user_id": user_id}))

    async def standings(self, user_ids: Sequence[str]) -> Sequence[Standing]:
        """How these players stand now; those who are no more are missing."""
        async with measure_db_operation("socket_standings"), self._engine.connect() as connection:
            rows = (await connection.execute(_STANDINGS, {"user_ids": list(user_ids)})).all()
        return [
            Standing(
                user_id=str(row.user_id),
                is_suspended=row.is_suspended,
                syndicate_id=_text(row.syndicate_id),
                dividend_seq=row.dividend_seq,
                confirmed_through=row.confirmed_through,
                balance_version=row.version,
            )
            for row in rows
        ]

    async def wallet_versions(self, user_ids: Sequence[str]) -> dict[str, int]:
        """The versions of these players' balances."""
        async with measure_db_operation("socket_versions"), self._engine.connect() as connection:
            rows = (await connection.execute(_WALLET_VERSIONS, {"owners": list(user_ids)})).all()
        return {row.owner: row.version for row in rows}

    async def balance_changes(self, missed: Mapping[str, tuple[int, int]]) -> Sequence[BalanceChange]:
        """What moved these players' wallets past one version and through another; dividends are left out."""
        query = {
            "owners": list(missed),
            "afters": [after for after, _ in missed.values()],
            "throughs": [through for _, through in missed.values()],
        }
        async with measure_db_operation("socket_balances"), self._engine.connect() as connection:
            rows = (await connection.execute(_BALANCE_CHANGES, query)).all()
        return [
            BalanceChange(
                user_id=row.owner, balance=row.balance, balance_version=row.version, reason=row.reason
            )
            for row in rows
        ]

    async def ended(self, token_hashes: Sequence[str]) -> frozenset[str]:
        """Those of these sessions (hex) that are over."""
        hashes = [bytes.fromhex(token_hash) for token_hash in token_hashes]
        async with measure_db_operation("socket_sessions"), self._engine.connect() as connection:
            good = (await connection.scalars(_GOOD_SESSIONS, {"hashes": hashes})).all()
        return frozenset(token_hashes) - frozenset(good)


def _text(identity: UUID | None) -> str | None:
    return None if identity is None else str(identity)
