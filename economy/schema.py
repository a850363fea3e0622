"""The economy's tables, as SQLAlchemy Core knows them; the migrations make them, a test compares both."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

_uuid = UUID(as_uuid=True)
_time = DateTime(timezone=True)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("dividend_seq", BigInteger, nullable=False),
    Column("confirmed_through", BigInteger, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("transfer_id", _uuid, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", _time, nullable=False),
    Column("debit", BigInteger, nullable=False),
    Column("credit", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("debit_balance", BigInteger, nullable=False),
    Column("debit_version", BigInteger, nullable=False),
    Column("credit_balance", BigInteger, nullable=False),
    Column("credit_version", BigInteger, nullable=False),
    Column("seq", BigInteger),
    Column("round_id", _uuid),
    Column("payout_id", _uuid),
)

transfer_keys = Table("transfer_keys", metadata, Column("key", Text, primary_key=True))

commands = Table(
    "commands",
    metadata,
    Column("user_id", _uuid, primary_key=True),
    Column("command_id", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("ack", JSONB, nullable=False),
    Column("at", _time, nullable=False),
)

syndicates = Table(
    "syndicates",
    metadata,
    Column("syndicate_id", _uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("owner_id", _uuid, nullable=False),
    Column("treasury_id", BigInteger, nullable=False),
    Column("dividend_bps", Integer, nullable=False),
    Column("minimum_payout", BigInteger, nullable=False),
    Column("reserve", BigInteger, nullable=False),
    Column("payouts_made", Integer, nullable=False),
    Column("created_at", _time, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("user_id", _uuid, primary_key=True),
    Column("syndicate_id", _uuid, nullable=False),
    Column("wallet_id", BigInteger, nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("pending_shares", BigInteger, nullable=False),
    Column("joined_at", _time, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", _uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("period", Text),
    Column("status", Text, nullable=False),
    Column("plan_id", _uuid),
    Column("started_by", _uuid),
    Column("scheduled_through", _uuid),
    Column("started_at", _time, nullable=False),
    Column("finished_at", _time),
)

payouts = Table(
    "payouts",
    metadata,
    Column("payout_id", _uuid, primary_key=True),
    Column("run_id", _uuid, nullable=False),
    Column("syndicate_id", _uuid, nullable=False),
    Column("page", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("members", Integer, nullable=False),
    Column("reason", Text),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("claimed_at", _time),
    Column("retry_at", _time),
    Column("finished_at", _time),
    Column("treasury_version", BigInteger),
)

plans = Table(
    "plans",
    metadata,
    Column("plan_id", _uuid, primary_key=True),
    Column("created_by", _uuid),
    Column("created_at", _time, nullable=False),
    Column("expires_at", _time, nullable=False),
    Column("used_by_run", _uuid),
)

plan_payouts = Table(
    "plan_payouts",
    metadata,
    Column("plan_id", _uuid, primary_key=True),
    Column("syndicate_id", _uuid, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("members", Integer, nullable=False),
    Column("shares_fingerprint", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", BigInteger, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("at", _time, nullable=False),
    Column("published_at", _time),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", _time, nullable=False),
)

lane = Table(
    "lane",
    metadata,
    Column("only_row", Boolean, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("since", _time, nullable=False),
)

round_seats = Table(
    "round_seats",
    metadata,
    Column("user_id", _uuid, primary_key=True),
    Column("round_id", _uuid, primary_key=True),
    Column("table_id", Text, nullable=False),
    Column("seat", Integer, nullable=False),
    Column("staked", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("settled_at", _time, nullable=False),
    Column("syndicate_id", _uuid),
    Column("accrued_at", _time),
)

accruals = Table(
    "accruals",
    metadata,
    Column("table_id", Text, primary_key=True),
    Column("syndicate_id", _uuid, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("carry", BigInteger, nullable=False),
)
