"""What stands behind a namespace of the socket server."""

from typing import Protocol

from aiohttp import web


class NotAdmitted(Exception):
    """The gate does not let this client in; carries a code of the wire contract."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gate(Protocol):
    """What stands behind a namespace. None of its methods but `admit` may raise."""

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Let the client in, or raise NotAdmitted."""
        ...

    async def opened(self, sid: str) -> None:
        """The client has been told that it is in; what it is sent from here on, it hears."""
        ...

    async def received(self, sid: str, event: str, args: list[object]) -> dict[str, object]:
        """Carry out a command; the ack."""
        ...

    def overrun(self) -> dict[str, object]:
        """The ack of an event that found the inbox full."""
        ...

    async def closed(self, sid: str) -> None:
        """The client is gone."""
        ...
