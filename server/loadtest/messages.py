"""What the leading process and its processes of clients say to each other, a line of JSON each."""

import msgspec

from server.loadtest.book import Progress
from server.loadtest.plan import Client


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What one process of clients is told before it makes ready."""

    url: str
    log: str
    clients: tuple[Client, ...]
    lasts_ns: int  # from the start until everybody leaves
    think_ns: tuple[int, int]
    seed: int


class Start(msgspec.Struct, frozen=True):
    """When to start, on the monotonic clock."""

    at_ns: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """All guests are registered; one of them, if there are any."""

    user_id: str | None


class Waits(msgspec.Struct, frozen=True, tag="waits"):
    """The server's rate limit has to be waited for."""

    seconds: float


class Tells(msgspec.Struct, frozen=True, tag="tells"):
    """What has happened in the last second."""

    progress: Progress
    lag_ns: int  # by how much the event loop was late to say so


class Fails(msgspec.Struct, frozen=True, tag="fails"):
    """It can't go on."""

    why: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Everybody has left; how much CPU time the clients took."""

    cpu_s: float


Said = Ready | Waits | Tells | Fails | Done
