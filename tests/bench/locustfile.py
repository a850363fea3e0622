"""What Locust does in `tests.bench.locust_load`, in a venv of its own: its Socket.IO users play and watch.

Environment: TABLES (their ids, by commas), PLAYERS, WATCHERS. It knows nothing of this project but the wire.
"""

import itertools
import os
import random
from typing import Any
from uuid import uuid4

import gevent  # type: ignore[import-untyped]  # only in Locust's own venv
import requests  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from locust import task  # type: ignore[import-not-found]
from locust.contrib.socketio import SocketIOUser  # type: ignore[import-not-found]

TABLES = os.environ["TABLES"].split(",")
SOON_S = 10
_turns = itertools.count()


class CasinoUser(SocketIOUser):  # type: ignore[misc]  # see above
    """A guest on a connection, at one of the tables."""

    abstract = True

    def on_start(self) -> None:
        """Register and connect."""
        made = requests.post(f"{self.host}/api/auth/guest", json={}, timeout=SOON_S).json()
        self.user_id: str = made["user"]["user_id"]
        self.table_id = TABLES[next(_turns) % len(TABLES)]
        self.view: dict[str, Any] = {}
        self.changed = Event()
        self.sio.on("table_changed", self.see)
        self.sio.connect(self.host, auth={"token": made["token"]}, transports=["websocket"])
        self.see(self.ask("watch_table", table_id=self.table_id)["table"])

    def see(self, view: dict[str, Any]) -> None:
        """Take in a view."""
        if view["version"] >= self.view.get("version", 0):
            self.view = view
            self.changed.set()

    def ask(self, event: str, **payload: Any) -> Any:
        """Send a command and wait for its ack, which Locust measures."""
        return self.sio.call(event, payload, timeout=SOON_S)


class Watcher(CasinoUser):
    """Looks on."""

    fixed_count = int(os.environ["WATCHERS"])

    @task  # type: ignore[untyped-decorator]
    def look(self) -> None:
        """Nothing else."""
        gevent.sleep(1)


class Player(CasinoUser):
    """Plays: the lowest bet, hits below 17, and thinks one to three seconds before each move."""

    fixed_count = int(os.environ["PLAYERS"])

    @task  # type: ignore[untyped-decorator]
    def play(self) -> None:
        """Wait for the next question, think, answer."""
        call = self.asked()
        if call is None:
            self.changed.clear()
            self.changed.wait(timeout=1)
            return
        gevent.sleep(random.uniform(1, 3))
        if self.asked() == call:
            event, payload = call
            answer = self.ask(event, **payload, table_id=self.table_id, command_id=uuid4().hex)
            if answer.get("ok") and "table" in answer:
                self.see(answer["table"])
            gevent.sleep(0.05)  # the view with its effect is on its way

    def asked(self) -> tuple[str, dict[str, Any]] | None:
        """What the table asks of this player."""
        view = self.view
        seats = [
            seat for seat in view["seats"] if seat["player"] and seat["player"]["user_id"] == self.user_id
        ]
        if not seats:
            return "take_seat", {"seat": 0}
        seat, round_id = seats[0], view["round_id"]
        if view["phase"] == "betting" and not seat["bet"]:
            return "place_bet", {"amount": view["min_bet"], "round_id": round_id}
        if view["phase"] == "insurance" and seat["bet"] and seat["insurance"] is None:
            return "act", {"round_id": round_id, "hand": 0, "cards": 2, "move": "decline_insurance"}
        turn = view["turn"]
        if view["phase"] == "playing" and turn is not None and turn["seat"] == seat["seat"]:
            hand = seat["hands"][turn["hand"]]
            move = "hit" if hand["total"] < 17 and "hit" in turn["moves"] else "stand"
            number, cards = turn["hand"], len(hand["cards"])
            return "act", {"round_id": round_id, "hand": number, "cards": cards, "move": move}
        return None
