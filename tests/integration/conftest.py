"""Fixtures for the tests on real servers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that isn't there yet, in a place that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="moes-casino-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"
