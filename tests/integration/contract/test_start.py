"""A web process that cannot work says so in one line and ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASINO = Path(sys.executable).with_name("casino")


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_database_that_cannot_be_used_is_one_line(postgres_url: str, password: str | None) -> None:
    right = postgres_url.split("@", maxsplit=1)[0].rsplit(":", 1)[1]
    url = postgres_url.replace(right, password) if password else "postgresql://casino@127.0.0.1:1/casino"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PORT": "18753",
        "SHOE_KEYS": "a key for the tests only",
    }
    ended = subprocess.run(
        [CASINO, "web"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("casino: DATABASE_URL: ")
