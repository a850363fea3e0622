"""Settings that look right and would stop the process later."""

import pytest

from server.settings import Settings, SettingsError

ADDRESSES = {"DATABASE_URL": "postgresql://localhost/casino", "REDIS_URL": "redis://localhost"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYOUT_CRON", "* * * * * *"),  # with seconds
        ("PAYOUT_CRON", "@weekly"),
        ("PAYOUT_CRON", "0 0 31 2 *"),  # never due
        ("REDIS_URL", "redis://localhost:99999/0"),
        ("REDIS_URL", "redis://localhost:0/0"),
        ("DATABASE_URL", "postgresql://localhost:port/casino"),
    ],
)
def test_the_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings.from_environment(ADDRESSES | {name: value})
