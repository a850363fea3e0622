"""Every setting of every process, read once from the environment."""

import os
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Final, Literal, Self
from urllib.parse import urlsplit

import msgspec
from croniter import croniter


class SettingsError(Exception):
    """A setting is wrong; the message says which and why, in one line."""


_Reader = Callable[[str], object]

_CRON_FIELDS: Final = 5  # croniter reads a sixth as seconds, and then a run would start every second


def sqlalchemy_url(database_url: str) -> str:
    """The same database for SQLAlchemy: `postgresql://…` becomes `postgresql+asyncpg://…`."""
    return re.sub(r"^postgres(ql)?(\+asyncpg)?://", "postgresql+asyncpg://", database_url)


def asyncpg_dsn(database_url: str) -> str:
    """The same database for asyncpg's own connect: without SQLAlchemy's driver name."""
    return re.sub(r"^postgres(ql)?(\+asyncpg)?://", "postgresql://", database_url)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One process's settings; `from_environment` is the only way they are made in production."""

    database_url: str
    redis_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: Literal["debug", "info", "warn", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    service_version: str = "dev"
    environment: Literal["development", "production"] = "production"
    google_cloud_project: str | None = None
    worker_mode: Literal["embedded", "standalone"] = "embedded"
    payout_concurrency: int = 2
    payout_page: int = 20
    payout_cron: str = "0 0 * * 0"
    syndicate_bps: int = 10
    lag_threshold_ms: int = 200
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    rate_limits: bool = True
    sockets_per_address: int = 5_000
    sockets_per_user: int = 50
    watchers_per_table: int = 2_000
    metrics_token: str | None = None
    shoe_keys: tuple[bytes, ...] = ()
    session_ttl_s: int = 30 * 86400
    db_pool_size: int = 10
    redact_keys: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: object) -> Self:
        """Read and check every variable; raises SettingsError naming the first one that is wrong."""
        source = os.environ if environment is None else environment
        values: dict[str, object] = dict(overrides)
        for name, read in _READERS.items():
            raw = source.get(name)
            if name.lower() in values or raw is None or raw == "":
                continue
            try:
                values[name.lower()] = read(raw.strip())
            except ValueError as error:
                raise SettingsError(f"{name}: {error}") from None
        for required in ("database_url", "redis_url"):
            if required not in values:
                raise SettingsError(f"{required.upper()}: is not set")
        return cls(**values)  # type: ignore[arg-type]


def _url(*schemes: str) -> _Reader:
    def read(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes:
            raise ValueError(f"must be a URL with the scheme {' or '.join(schemes)}")
        if parts.port == 0:  # reading it raises ValueError for what is no port
            raise ValueError("names port 0")
        return raw

    return read


def _whole(low: int, high: int) -> _Reader:
    def read(raw: str) -> int:
        if not re.fullmatch(r"-?\d{1,12}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low:,} to {high:,}, not {raw[:40]!r}")
        return int(raw)

    return read


def _one_of(*words: str) -> _Reader:
    def read(raw: str) -> str:
        if raw.lower() not in words:
            raise ValueError(f"must be one of {' '.join(words)}, not {raw[:40]!r}")
        return raw.lower()

    return read


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _cron(raw: str) -> str:
    fields = raw.split()
    if len(fields) != _CRON_FIELDS or not croniter.is_valid(raw, strict=True):
        raise ValueError(f"must be a cron line of five fields that comes due, not {raw[:40]!r}")
    return raw


def _keys(raw: str) -> tuple[bytes, ...]:
    """Comma-separated secrets of at least 16 characters, the newest first."""
    keys = _list(raw)
    if not keys or any(len(key) < 16 for key in keys):
        raise ValueError("must be secrets of at least 16 characters, comma-separated, the newest first")
    return tuple(key.encode() for key in keys)


def _origins(raw: str) -> tuple[str, ...]:
    origins = _list(raw)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise ValueError(f"must be origins like https://casino.example, not {origin[:60]!r}")
    return origins


def _networks(raw: str) -> tuple[str, ...]:
    networks = _list(raw)
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"must be addresses or networks like 10.0.0.0/8, not {network[:60]!r}") from None
    return networks


def _switch(raw: str) -> bool:
    return _one_of("on", "off")(raw) == "on"


def _text(raw: str) -> str:
    return raw


_READERS = {
    "DATABASE_URL": _url("postgresql", "postgres", "postgresql+asyncpg"),
    "REDIS_URL": _url("redis", "rediss", "unix", "valkey"),
    "HOST": _text,
    "PORT": _whole(1, 65535),
    "LOG_LEVEL": _one_of("debug", "info", "warn", "error"),
    "LOG_FORMAT": _one_of("json", "console"),
    "SERVICE_VERSION": _text,
    "ENVIRONMENT": _one_of("development", "production"),
    "GOOGLE_CLOUD_PROJECT": _text,
    "WORKER_MODE": _one_of("embedded", "standalone"),
    "PAYOUT_CONCURRENCY": _whole(1, 64),
    "PAYOUT_PAGE": _whole(1, 20),
    "PAYOUT_CRON": _cron,
    "SYNDICATE_BPS": _whole(0, 10_000),
    "LAG_THRESHOLD_MS": _whole(1, 600_000),
    "ALLOWED_ORIGINS": _origins,
    "TRUSTED_PROXIES": _networks,
    "RATE_LIMITS": _switch,
    "SOCKETS_PER_ADDRESS": _whole(1, 1_000_000),
    "SOCKETS_PER_USER": _whole(1, 1_000_000),
    "WATCHERS_PER_TABLE": _whole(1, 1_000_000),
    "METRICS_TOKEN": _text,
    "SHOE_KEYS": _keys,
    "SESSION_TTL_S": _whole(60, 366 * 86400),
    "DB_POOL_SIZE": _whole(2, 500),
    "REDACT_KEYS": _list,
}
