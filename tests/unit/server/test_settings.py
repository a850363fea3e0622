"""Settings: what the environment says, and the one line about what is wrong."""

import pytest

from server.settings import Settings, SettingsError, asyncpg_dsn, sqlalchemy_url

MINIMUM = {"DATABASE_URL": "postgresql://u:p@h/d", "REDIS_URL": "redis://h"}


def test_two_addresses_are_enough() -> None:
    settings = Settings.from_environment(MINIMUM)
    assert (settings.port, settings.worker_mode, settings.syndicate_bps, settings.payout_page) == (
        8000,
        "embedded",
        10,
        20,
    )
    assert settings.environment == "production"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://h/d"),
        ("REDIS_URL", "http://h"),
        ("PORT", "80a"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("ENVIRONMENT", "moon"),
        ("WORKER_MODE", "both"),
        ("PAYOUT_CONCURRENCY", "0"),
        ("PAYOUT_PAGE", "21"),
        ("PAYOUT_CRON", "every sunday"),
        ("SYNDICATE_BPS", "-1"),
        ("LAG_THRESHOLD_MS", "1.5"),
        ("ALLOWED_ORIGINS", "casino.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, somewhere"),
        ("RATE_LIMITS", "maybe"),
        ("SHOE_KEYS", "short"),
        ("SESSION_TTL_S", "1"),
        ("DB_POOL_SIZE", "1"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as wrong:
        Settings.from_environment({**MINIMUM, name: value})
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_a_missing_address_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: is not set"):
        Settings.from_environment({key: value for key, value in MINIMUM.items() if key != name})


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({**MINIMUM, "PORT": ""}).port == 8000


def test_a_secret_is_in_no_message() -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment({**MINIMUM, "SHOE_KEYS": "hunter2"})
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+asyncpg://u@h/d"])
def test_one_address_serves_both_drivers(url: str) -> None:
    assert sqlalchemy_url(url) == "postgresql+asyncpg://u@h/d"
    assert asyncpg_dsn(url) == "postgresql://u@h/d"
