"""The writer: a blocked or closed output loses lines, counts them, and hurts nobody."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from telemetry.writer import LineWriter

LINE = b"x" * 1023 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe; a test may close either."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def drain(fd: int, size: int) -> bytes:
    """Read so many bytes."""
    parts: list[bytes] = []
    while size > 0:
        part = os.read(fd, size)
        size -= len(part)
        parts.append(part)
    return b"".join(parts)


def test_lines_come_out_whole_and_in_order(pipe: tuple[int, int]) -> None:
    writer = LineWriter(pipe[1])
    lines = [f"line {number}\n".encode() for number in range(500)]
    for line in lines:
        writer.put(line)
    assert writer.flush()
    assert drain(pipe[0], sum(map(len, lines))) == b"".join(lines)
    writer.close()


def test_a_blocked_output_drops_lines_and_says_how_many_when_it_flows_again(pipe: tuple[int, int]) -> None:
    writer = LineWriter(
        pipe[1], max_buffered=256 << 10, dropped_line=lambda number: f"{number} lost\n".encode()
    )
    for _ in range(1000):
        writer.put(LINE)
    assert not writer.flush(timeout_s=0.05)
    kept = 1000 - writer.dropped
    assert 256 <= kept < 1000
    drain(pipe[0], kept * len(LINE))
    assert writer.flush()
    writer.put(b"after\n")
    assert writer.flush()
    expected = f"{writer.dropped} lost\n".encode()
    rest = os.read(pipe[0], 4096)
    assert expected in rest
    assert b"after\n" in rest
    writer.close()


def test_a_closed_output_never_raises_and_counts_what_is_lost(pipe: tuple[int, int]) -> None:
    writer = LineWriter(pipe[1])
    os.close(pipe[0])
    for _ in range(10):
        writer.put(LINE)
    assert writer.flush()
    assert writer.dropped == 10
    writer.close()


def test_an_output_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    writer = LineWriter(pipe[1])
    for _ in range(200):
        writer.put(LINE)
    assert drain(pipe[0], 200 * len(LINE)) == LINE * 200
    assert writer.flush()
    assert writer.dropped == 0
    writer.close()


def test_a_line_after_the_end_is_dropped(pipe: tuple[int, int]) -> None:
    writer = LineWriter(pipe[1])
    writer.close()
    writer.put(LINE)
    assert writer.dropped == 1


SCRIPT = """
from telemetry.logs import configure_logging, get_logger
configure_logging(service="s", version="1", environment="e", process="p")
for number in range(100):
    get_logger().info("said.number", number=number)
{end}
"""


@pytest.mark.parametrize(("end", "code"), [("", 0), ("raise SystemExit(3)", 3), ("1 / 0", 1)])
def test_everything_is_written_when_the_process_ends(end: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(end=end)], capture_output=True, check=False)
    assert done.returncode == code
    assert done.stdout.count(b"said.number") == 100


def test_a_process_whose_output_is_closed_lives_on() -> None:
    end = "import os, telemetry.logs as l; l.flush(); os.write(2, b'alive %d' % l.dropped_lines())"
    command = ["/bin/sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, SCRIPT.format(end=end)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"alive 100")
