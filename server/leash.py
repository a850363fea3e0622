"""What a supervisor and its child tell each other, through a socket pair that tells the death of either."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

_SERVING: Final = b"s"  # the child: it takes connections
_LEAVE: Final = b"l"  # the supervisor: leave the port to the others, then end


class Leash:
    """The child's end."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.settimeout(0)
        self.leaves_port = False  # whether it was told to leave

    def follow(self, end: Callable[[], None]) -> None:
        """Have `end` called when the supervisor says so or is gone."""

        def hear() -> None:
            with contextlib.suppress(BlockingIOError):
                self.leaves_port = self._socket.recv(1) == _LEAVE
                asyncio.get_running_loop().remove_reader(self._socket)
                end()

        asyncio.get_running_loop().add_reader(self._socket, hear)

    def close(self) -> None:
        """Let go of it, when the process ends."""
        self._socket.close()

    def say_serving(self) -> None:
        """Tell the supervisor."""
        with contextlib.suppress(OSError):  # it is gone: `follow` hears of it
            self._socket.send(_SERVING)


class Hand:
    """The supervisor's end; `fd` is the child's."""

    def __init__(self) -> None:
        self._socket, self._theirs = socket.socketpair()
        self._socket.settimeout(0)
        self.fd = self._theirs.fileno()
        self.serves = asyncio.Event()  # the child does

    def hold(self) -> None:
        """The child has been started: its end is its own now."""
        self._theirs.close()
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    def _hear(self) -> None:
        word = b""
        with contextlib.suppress(OSError):
            word = self._socket.recv(1)
        if word:
            self.serves.set()
        else:
            asyncio.get_running_loop().remove_reader(self._socket)

    def let_leave(self) -> None:
        """Have the child leave the port to the others, and end."""
        with contextlib.suppress(OSError):
            self._socket.send(_LEAVE)

    def let_go(self) -> None:
        """The child has ended."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._theirs.close()
        self._socket.close()
