"""Bots: real socket clients that play basic strategy, so that the floor is alive.

`python -m server.dev.bots` reads one JSON line from standard input, `{"url", "bots": [{"token", "user_id",
"table_id"}]}`, and plays until it is told to stop or its input is closed.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import msgspec
import socketio

from games.blackjack.rules import parse_rules
from games.blackjack.strategy import best_move
from games.blackjack.terms import Move
from games.cards import parse_card
from telemetry.logs import get_logger

ACK_TIMEOUT_S: Final = 5.0
THINK_S: Final = (0.6, 1.8)
RETRY_S: Final = 2.0

log = get_logger()


class Bot(msgspec.Struct, frozen=True, kw_only=True):
    """Who plays where."""

    token: str
    user_id: str
    table_id: str


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the bots' process is told at its start."""

    url: str
    bots: tuple[Bot, ...]


Call = tuple[str, dict[str, object]]


def next_call(view: Mapping[str, Any], user_id: str, chance: random.Random) -> Call | None:
    """What a bot that sees this does next, if anything: event and payload without a command id."""
    table_id = view["table_id"]
    mine = [
        seat for seat in view["seats"] if seat["player"] is not None and seat["player"]["user_id"] == user_id
    ]
    if not mine:
        return ("take_seat", {"table_id": table_id, "seat": 0}) if view["phase"] != "closed" else None
    seat = mine[0]
    match view["phase"]:
        case "betting" if not seat["bet"]:
            return "place_bet", {
                "table_id": table_id,
                "amount": stake(view, chance),
                "round_id": view["round_id"],
            }
        case "insurance" if seat["bet"] and seat["insurance"] is None:
            return "act", _act(view, 0, len(seat["hands"][0]["cards"]), "decline_insurance")
        case "playing" if view["turn"] is not None and view["turn"]["seat"] == seat["seat"]:
            turn = view["turn"]
            cards = seat["hands"][turn["hand"]]["cards"]
            move = best_move(
                parse_rules(view["rules"]),
                tuple(parse_card(card) for card in cards),
                parse_card(view["dealer"]["cards"][0]),
                tuple(Move(move) for move in turn["moves"]),
            )
            return "act", _act(view, turn["hand"], len(cards), move.value)
        case _:
            return None


def _act(view: Mapping[str, Any], hand: int, cards: int, move: str) -> dict[str, object]:
    return {
        "table_id": view["table_id"],
        "round_id": view["round_id"],
        "hand": hand,
        "cards": cards,
        "move": move,
    }


def stake(view: Mapping[str, Any], chance: random.Random) -> int:
    """One to four lowest bets, within the limits."""
    return min(int(view["max_bet"]), int(view["min_bet"]) * chance.randint(1, 4))


class Client:
    """One bot's connection and its play."""

    def __init__(self, url: str, bot: Bot, chance: random.Random) -> None:
        self._url = url
        self._bot = bot
        self._chance = chance
        self._view: dict[str, Any] | None = None
        self._changed = asyncio.Event()
        self._socket = socketio.AsyncClient(reconnection=False, logger=False, engineio_logger=False)
        self._socket.on("table_changed", self._see)
        self._socket.on("payout_completed", self._paid)
        self._through = 0

    async def run(self) -> None:
        """Play until cancelled; whatever goes wrong, come back."""
        while True:
            try:
                await self._socket.connect(
                    self._url, auth={"token": self._bot.token}, transports=["websocket"]
                )
                await self._play()
            except (socketio.exceptions.SocketIOError, OSError, TimeoutError) as fault:
                log.debug("bot.connection_lost", user_id=self._bot.user_id, error=str(fault))
            finally:
                with contextlib.suppress(Exception):
                    await self._socket.disconnect()
            await asyncio.sleep(RETRY_S + self._chance.random())

    async def _see(self, view: dict[str, Any]) -> None:
        if view["table_id"] == self._bot.table_id and (
            self._view is None or view["version"] >= self._view["version"]
        ):
            self._view = view
            self._changed.set()

    async def _paid(self, dividend: dict[str, Any]) -> None:
        self._through = max(self._through, dividend["seq"])
        self._changed.set()

    async def _play(self) -> None:
        answer = await self._call("watch_table", {"table_id": self._bot.table_id})
        if not answer.get("ok"):
            return
        await self._see(answer["table"])
        while self._socket.connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._changed.wait()
            self._changed.clear()
            if self._through:
                through, self._through = self._through, 0
                await self._call("confirm_payouts", {"command_id": uuid4().hex, "through": through})
            await self._move()

    async def _move(self) -> None:
        if self._view is None or next_call(self._view, self._bot.user_id, self._chance) is None:
            return
        await asyncio.sleep(self._chance.uniform(*THINK_S))
        call = next_call(self._view, self._bot.user_id, self._chance)
        if call is None:
            return
        event, payload = call
        answer = await self._call(event, {**payload, "command_id": uuid4().hex})
        if answer.get("ok"):
            if "table" in answer:
                await self._see(answer["table"])
        elif answer["error"]["code"] in ("insufficient_funds", "seat_taken", "table_closed", "rate_limited"):
            await asyncio.sleep(RETRY_S)
            self._changed.set()

    async def _call(self, event: str, payload: dict[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._socket.call(event, payload, timeout=ACK_TIMEOUT_S)
        return answer


async def play(orders: Orders, chance: random.Random) -> None:
    """Run every bot, and a watch on standard input: when its other end is gone, so are the bots."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1024) else stop.set())
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(Client(orders.url, bot, random.Random(chance.random())).run())  # noqa: S311 - play, not secrets
            for bot in orders.bots
        ]
        await stop.wait()
        for task in tasks:
            task.cancel()


def main() -> None:
    """The bots' process."""
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    asyncio.run(play(orders, random.Random()))  # noqa: S311 - play, not secrets


if __name__ == "__main__":
    main()
