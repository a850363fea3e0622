"""Fixtures for the tests on real servers."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded.servers import EmbeddedServers


@pytest.fixture(scope="session")
def first_data_dir() -> Iterator[Path]:
    """A data folder after its first start and stop."""
    with tempfile.TemporaryDirectory(prefix="moes-casino-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        made = Path(folder) / "data"
        EmbeddedServers.start(made).close()
        yield made


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that isn't there yet, in a place that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="moes-casino-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def used_data_dir(data_dir: Path, first_data_dir: Path) -> Path:
    """A data folder after its first start and stop, the test's own copy."""
    subprocess.run(["cp", "-a", first_data_dir, data_dir], check=True)
    return data_dir
