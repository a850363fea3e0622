"""Every acknowledged command has its effect exactly once, and no other command has any."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from games.blackjack import events as past
from games.blackjack.events import Event
from server.loadtest.figures import ACTIONS
from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.truth import Move
from server.loadtest.transcript import Command, Transcript, digest_of

_MOVES: Final[Mapping[str, tuple[type[Event], ...]]] = {
    "hit": (past.HandHit,),
    "stand": (past.HandStood,),
    "double": (past.HandDoubled,),
    "split": (past.HandSplit,),
    "surrender": (past.HandSurrendered,),
    "insure": (past.Insured,),
    "decline_insurance": (past.InsuranceDeclined,),
}
_OUR_OWN: Final = frozenset(("ok", "replayed", "table"))  # not compared with the stored ack

_Key = tuple[str, str]  # user, command id


@dataclass(slots=True)
class _Asked:
    """One command of one player, however often it was sent."""

    commands: list[Command] = field(default_factory=list)

    @property
    def event(self) -> str:
        return self.commands[0].event

    @property
    def accepted(self) -> Command | None:
        return next((command for command in self.commands if command.is_accepted), None)

    @property
    def may_be_done(self) -> bool:
        """Some sending of it was not answered, so that nobody here knows."""
        return any(command.answer is None for command in self.commands)


class EffectWatch:
    """Gets every move of the journal; `judge` then holds them against what was asked and answered."""

    def __init__(self, transcript: Transcript, findings: Findings) -> None:
        self._findings = findings
        self._asked: defaultdict[_Key, _Asked] = defaultdict(_Asked)
        self._done: defaultdict[_Key, list[Move]] = defaultdict(list)
        self.users = {connection.user_id for connection in transcript.connections}
        for connection in transcript.connections:
            for command in connection.commands.values():
                if command.event in ACTIONS and command.command_id is not None:
                    self._asked[connection.user_id, command.command_id].commands.append(command)

    def judge_move(self, move: Move) -> None:
        """Take a move of the journal in."""
        if move.user_id in self.users and move.command_id is not None:
            self._done[move.user_id, move.command_id].append(move)

    def judge(self, acks: Mapping[_Key, dict[str, Any]]) -> None:
        """`acks` are the stored ones of the players here."""
        for key, asked in self._asked.items():
            self._findings.looked_at("effects")
            accepted, moves = asked.accepted, self._done.get(key, [])
            if accepted is not None:
                self._judge_accepted(key, accepted, moves, acks.get(key))
            elif moves and not asked.may_be_done:
                self._add("effect_of_refused", key, asked.event, "was refused, and done all the same")
        for key in self._done.keys() - self._asked.keys():
            self._add("effect_unasked", key, self._done[key][0].command, "was done, and nobody here sent it")

    def _judge_accepted(
        self, key: _Key, command: Command, moves: list[Move], stored: dict[str, Any] | None
    ) -> None:
        if not moves:
            self._add("effect_missing", key, command.event, "was acknowledged, and is not in the journal")
        elif len(moves) > 1:
            versions = " and ".join(str(move.version) for move in moves)
            self._add("effect_twice", key, command.event, f"is in the journal as versions {versions}")
        else:
            self._judge_effect(key, command, moves[0])
        if stored is None:
            self._add("ack_not_stored", key, command.event, "was acknowledged, and its ack is not stored")
        elif not _is_same_ack(command, stored):
            self._add(
                "ack_wrong", key, command.event, f"was acknowledged as {command.answer}, stored is {stored}"
            )

    def _judge_effect(self, key: _Key, command: Command, move: Move) -> None:
        if command.version is not None and command.version != move.version:
            what = f"was acknowledged as version {command.version}, the journal has {move.version}"
            self._add("effect_elsewhere", key, command.event, what, move)
        if move.command != command.event or not _has_effect(command, move, key[0]):
            self._add("effect_wrong", key, command.event, f"did something else: {move.events!r:.200}", move)

    def _add(self, kind: str, key: _Key, event: str, what: str, move: Move | None = None) -> None:
        self._findings.add(
            Finding(
                kind=kind,
                detail=f"{event} {key[1]} {what}",
                user_id=key[0],
                table_id=move.table_id if move else None,
                version=move.version if move else None,
            )
        )


def _is_same_ack(command: Command, stored: Mapping[str, Any]) -> bool:
    answer = command.answer or {}
    told = {name: value for name, value in answer.items() if name not in _OUR_OWN}
    kept = {name: value for name, value in stored.items() if name not in _OUR_OWN}
    if told != kept:
        return False
    return "table" not in stored or command.view is None or command.view.digest == digest_of(stored["table"])


def _has_effect(command: Command, move: Move, user_id: str) -> bool:
    """Whether the events are what this command asks for."""
    payload, events = command.payload, move.events
    match command.event:
        case "place_bet":
            return payload["amount"] in (_bet_in(events, user_id), _bet_of(move, user_id))
        case "act":
            return any(isinstance(event, _MOVES[payload["move"]]) for event in events)
        case "take_seat":
            return any(seat.user_id == user_id for seat in move.after.seats)
        case "leave_seat":
            answer = command.answer or {}
            is_seated = any(seat.user_id == user_id for seat in move.after.seats)
            return bool(answer.get("left")) != is_seated
        case _:
            return True


def _bet_in(events: tuple[Event, ...], user_id: str) -> int | None:
    found = [event for event in events if isinstance(event, past.BetPlaced) and event.user_id == user_id]
    return found[-1].amount if found else None


def _bet_of(move: Move, user_id: str) -> int | None:
    """A bet that changes nothing may have no event."""
    return next((seat.bet for seat in move.after.seats if seat.user_id == user_id), None)
