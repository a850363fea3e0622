"""Rooms: a client that goes is in none of them, however many there are."""

from itertools import count

from server.sockets.fanout import PushManager


class Ids:
    """What the manager asks its server for."""

    def __init__(self) -> None:
        self.eio = self
        self._ids = count(1)

    def generate_id(self) -> str:
        """The next id."""
        return f"client-{next(self._ids)}"


class Crowded(dict[str | None, object]):
    """Rooms that may be looked up, and never gone through."""

    def copy(self) -> "Crowded":
        """That would take long."""
        raise AssertionError("went through every room")

    items = values = copy  # type: ignore[assignment]


async def arrive(manager: PushManager, *rooms: str) -> str:
    """A client that is in its rooms."""
    sid: str = await manager.pre_connect(f"connection-{len(rooms)}", "/")
    await manager.connect(sid, "/")
    for room in rooms:
        manager.basic_enter_room(sid, "/", room)
    return sid


async def test_a_client_that_goes_leaves_its_rooms_and_nobody_elses() -> None:
    manager = PushManager("redis://127.0.0.1:1/0", "test")
    manager.server = Ids()
    ann, bob = await arrive(manager, "table:1", "table:2"), await arrive(manager, "table:1")
    manager.basic_leave_room(ann, "/", "table:2")
    manager.basic_enter_room(ann, "/", "table:1")  # again
    manager.rooms["/"] = Crowded(manager.rooms["/"])
    manager.pre_disconnect(ann, "/")
    await manager.disconnect(ann, "/")

    assert list(manager.get_participants("/", "table:1")) == [(bob, "connection-1")]
    assert set(manager.rooms["/"]) == {None, bob, "table:1"}
    assert not manager.is_connected(ann, "/")
    assert manager.is_connected(bob, "/")


async def test_the_last_client_takes_the_namespace_along_and_the_next_finds_it_again() -> None:
    manager = PushManager("redis://127.0.0.1:1/0", "test")
    manager.server = Ids()
    ann = await arrive(manager, "table:1")
    await manager.disconnect(ann, "/")
    bob = await arrive(manager, "table:1")

    assert list(manager.get_participants("/", "table:1")) == [(bob, "connection-1")]
    assert manager.sid_from_eio_sid("connection-1", "/") == bob
