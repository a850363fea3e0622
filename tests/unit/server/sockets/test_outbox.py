"""What waits for a slow reader: in order, bounded, and of a table only the newest view."""

from hypothesis import given
from hypothesis import strategies as st

from server.sockets.outbox import Outbox
from server.sockets.packets import Frame


def taken(outbox: Outbox) -> list[bytes]:
    """Everything that waits."""
    return [outbox.take().data for _ in range(len(outbox))]


def test_a_newer_view_takes_the_place_of_an_older_one() -> None:
    outbox = Outbox(packets=10, size=100)
    for frame in (
        Frame(b"ack 1"),
        Frame(b"view 1", "main-1", 1),
        Frame(b"ack 2"),
        Frame(b"other 5", "main-2", 5),
        Frame(b"view 2", "main-1", 2),
        Frame(b"ack 3"),
    ):
        assert outbox.put(frame)

    assert taken(outbox) == [b"ack 1", b"view 2", b"ack 2", b"other 5", b"ack 3"]


def test_an_older_view_that_comes_late_is_not_shown() -> None:
    outbox = Outbox(packets=10, size=100)
    outbox.put(Frame(b"view 7", "main-1", 7))
    outbox.put(Frame(b"view 6", "main-1", 6))

    assert taken(outbox) == [b"view 7"]


def test_a_view_that_was_taken_gives_way_to_none() -> None:
    outbox = Outbox(packets=10, size=100)
    outbox.put(Frame(b"view 1", "main-1", 1))
    first = outbox.take()
    outbox.put(Frame(b"view 2", "main-1", 2))

    assert (first.data, taken(outbox)) == (b"view 1", [b"view 2"])


def test_more_packets_or_more_bytes_than_may_wait_are_too_much() -> None:
    packets, size = Outbox(packets=2, size=1_000), Outbox(packets=1_000, size=20)

    assert [packets.put(Frame(b"x")) for _ in range(3)] == [True, True, False]
    assert [size.put(Frame(b"x" * 10)) for _ in range(3)] == [True, True, False]


def test_a_view_that_grows_may_become_too_much() -> None:
    outbox = Outbox(packets=10, size=20)

    assert outbox.put(Frame(b"x" * 10, "main-1", 1))
    assert not outbox.put(Frame(b"x" * 21, "main-1", 2))


FRAMES = st.builds(
    Frame, st.binary(max_size=20), st.sampled_from([None, "main-1", "main-2"]), st.integers(0, 3)
)


@given(st.lists(st.one_of(FRAMES, st.none())))
def test_whatever_comes_and_goes_nothing_but_views_is_lost_and_the_size_is_right(
    steps: list[Frame | None],
) -> None:
    outbox = Outbox(packets=1_000, size=100_000)
    put: list[bytes] = []
    got: list[bytes] = []
    for step in steps:
        if step is not None:
            outbox.put(step)
            put += [step.data] if step.key is None else []
        elif len(outbox):
            frame = outbox.take()
            got += [frame.data] if frame.key is None else []
    size, waiting = outbox.size, [outbox.take() for _ in range(len(outbox))]

    assert got + [frame.data for frame in waiting if frame.key is None] == put
    assert size == sum(len(frame.data) for frame in waiting)
    keys = [frame.key for frame in waiting if frame.key is not None]
    assert len(keys) == len(set(keys))
