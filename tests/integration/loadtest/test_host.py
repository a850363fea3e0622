"""The server's processes are found by the port that they listen on, on this machine alone."""

import os
import socket
from collections.abc import Iterator

import pytest

from server.loadtest.host import Sampler, server_pids, usage_of
from tests.fakes import ManualClock
from tests.processes import free_port


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_who_listens_at_the_url_is_found(port: int) -> None:
    assert server_pids(f"http://127.0.0.1:{port}") == (os.getpid(),)
    assert server_pids(f"http://localhost:{port}/") == (os.getpid(),)


def test_nobody_is_found_where_nobody_listens_or_on_another_machine(port: int) -> None:
    assert server_pids(f"http://127.0.0.1:{free_port()}") == ()
    assert server_pids(f"http://192.0.2.1:{port}") == ()  # TEST-NET-1, RFC 5737
    assert server_pids(f"http://nowhere.invalid:{port}") == ()


def test_usage_is_summed_and_is_nothing_once_a_process_is_gone() -> None:
    clock = ManualClock()
    clock.advance(s=3)
    used = Sampler([os.getpid()], clock).look()
    assert used is not None
    assert (used.at_ns, used.cpu_s > 0, used.rss_bytes > 2**20) == (3_000_000_000, True, True)
    twice = usage_of([os.getpid(), os.getpid()], 0)
    assert twice is not None
    assert twice.rss_bytes > 1.5 * used.rss_bytes
    assert usage_of([2**22 + 1], 0) is None  # above the highest pid that there can be
