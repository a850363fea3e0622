"""An operator at the dashboard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio

from tests.end_to_end.clients import SOON_S


class Operator:
    """Hears what the dashboard of one process shows."""

    def __init__(self) -> None:
        self._socket = socketio.AsyncClient(reconnection=False)
        self._heard: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Event()
        self._socket.on("*", self._hear, namespace="/admin")

    async def _hear(self, event: str, payload: dict[str, Any]) -> None:
        self._heard.append((event, payload))
        self._news.set()

    async def hear(self, event: str, **facts: object) -> dict[str, Any]:
        """The first event of this name with these facts, since the operator came."""
        async with asyncio.timeout(SOON_S):
            while True:
                for name, payload in self._heard:
                    if name == event and facts.items() <= payload.items():
                        return payload
                self._news.clear()
                await self._news.wait()

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, token: str) -> AsyncIterator["Operator"]:
        """An operator who is connected to the process at this address."""
        operator = cls()
        await operator._socket.connect(
            url, auth={"token": token}, transports=["websocket"], namespaces=["/admin"]
        )
        try:
            yield operator
        finally:
            await operator._socket.disconnect()
