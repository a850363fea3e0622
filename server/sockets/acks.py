"""Every command is answered: with its facts, with the refusal, or with a reference into the log."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from economy.errors import EconomyError
from games.blackjack.errors import RuleViolation
from server.errors import Internal, Refusal, WireError, answer
from server.sockets.clients import Client
from telemetry.logs import get_logger
from telemetry.measure import measure_duration

COMMAND_TIMEOUT_S: Final = 15.0  # past it the client is told to ask again, with the same command id
_REFUSALS: Final = (RuleViolation, EconomyError, WireError)

log = get_logger()

G = TypeVar("G")
P = ParamSpec("P")
Ack = dict[str, object]


def refused(refusal: Refusal) -> Ack:
    """The ack of a refusal."""
    return {"ok": False, "error": answer(refusal)}


def always_answered(
    handle: Callable[Concatenate[G, Client, str, P], Coroutine[object, object, Mapping[str, object]]],
) -> Callable[Concatenate[G, Client, str, P], Coroutine[object, object, Ack]]:
    """Make a handler of one command answer always: refusals as they are, the rest under a log reference."""

    @wraps(handle)
    async def answered(gate: G, client: Client, event: str, /, *args: P.args, **kwargs: P.kwargs) -> Ack:
        try:
            async with (
                measure_duration(f"socket:{event}", refusals=_REFUSALS),
                asyncio.timeout(COMMAND_TIMEOUT_S),
            ):
                return {"ok": True, **await handle(gate, client, event, *args, **kwargs)}
        except Exception as error:
            if isinstance(error, Refusal):
                return refused(error)
            reference = secrets.token_hex(8)
            log.exception(
                "sockets.command_failed", reference=reference, command=event, user_id=client.user_id
            )
            return refused(Internal(reference))

    return answered
