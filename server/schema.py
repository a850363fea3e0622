"""The edge's tables, as SQLAlchemy Core knows them, beside the economy's in one metadata."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from economy.schema import metadata

_uuid = UUID(as_uuid=True)
_time = DateTime(timezone=True)

users = Table(
    "users",
    metadata,
    Column("user_id", _uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("is_guest", Boolean, nullable=False),
    Column("password_hash", Text),
    Column("email", Text),
    Column("created_at", _time, nullable=False),
    Column("suspended_at", _time),
    Column("muted_at", _time),
    Column("topped_up_at", _time),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", _uuid, nullable=False),
    Column("created_at", _time, nullable=False),
    Column("expires_at", _time, nullable=False),
)

admin_actions = Table(
    "admin_actions",
    metadata,
    Column("action_id", _uuid, primary_key=True),
    Column("at", _time, nullable=False),
    Column("admin_id", _uuid),
    Column("action", Text, nullable=False),
    Column("target", Text),
    Column("facts", JSONB, nullable=False),
)

tables = Table(
    "tables",
    metadata,
    Column("table_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("phase", Text, nullable=False),
    Column("round_id", _uuid),
    Column("round_started_at", _time),
    Column("deadline", _time),
    Column("escrow_id", BigInteger, nullable=False),
    Column("bank_id", BigInteger, nullable=False),
    Column("bank_target", BigInteger, nullable=False),
    Column("created_at", _time, nullable=False),
)

shoes = Table(
    "shoes",
    metadata,
    Column("table_id", Text, primary_key=True),
    Column("shoe_number", Integer, primary_key=True),
    Column("commitment", Text, nullable=False),
    Column("wrapped_seed", LargeBinary, nullable=False),
    Column("client_seeds", ARRAY(Text)),
    Column("decks", Integer),
    Column("rules", JSONB),
    Column("started_at", _time),
    Column("revealed_at", _time),
    Column("server_seed", LargeBinary),
)

journal = Table(
    "journal",
    metadata,
    Column("table_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("at", _time, nullable=False),
    Column("round_id", _uuid),
    Column("user_id", _uuid),
    Column("command_id", Text),
    Column("command", Text, nullable=False),
    Column("events", LargeBinary, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("round_id", _uuid, primary_key=True),
    Column("table_id", Text, nullable=False),
    Column("started_at", _time, nullable=False),
    Column("settled_at", _time, nullable=False),
    Column("record", JSONB, nullable=False),
)
