"""What the edge answers when it refuses: every package's errors in one form."""

from typing import Protocol, runtime_checkable


class WireError(Exception):
    """A refusal of the edge itself."""

    code = "invalid_payload"

    def facts(self) -> dict[str, object]:
        """The facts that the answer carries beside code and message."""
        return {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and value is not None
        }

    def __str__(self) -> str:
        return self.args[0] if self.args else (type(self).__doc__ or self.code)


class Unauthorized(WireError):
    """Sign in first."""

    code = "unauthorized"


class InvalidCredentials(WireError):
    """The name or the password is wrong."""

    code = "invalid_credentials"


class Forbidden(WireError):
    """You may not do that."""

    code = "forbidden"


class Suspended(WireError):
    """This account is suspended."""

    code = "suspended"


class Muted(WireError):
    """This account may not chat."""

    code = "muted"


class NotFound(WireError):
    """There is no such thing."""

    code = "not_found"


class UnknownTable(WireError):
    """There is no such table."""

    code = "unknown_table"


class NameTaken(WireError):
    """This name is taken."""

    code = "name_taken"


class LimitReached(WireError):
    """That is more than is allowed."""

    code = "limit_reached"


class NotWatching(WireError):
    """Watch the table first."""

    code = "not_watching"


class ServerRestarting(WireError):
    """The server is restarting; try again in a moment."""

    code = "server_restarting"


class InsufficientFunds(WireError):
    """The balance does not cover this."""

    code = "insufficient_funds"


class CommandIdReused(WireError):
    """This command id was used before, for another command."""

    code = "command_id_reused"


class InvalidPayload(WireError):
    """The payload is not what this command takes."""

    code = "invalid_payload"

    def __init__(self, field: str | None = None, message: str | None = None) -> None:
        super().__init__(*([message] if message else []))
        self.field = field


class RateLimited(WireError):
    """Too many requests; slow down."""

    code = "rate_limited"

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__()
        self.retry_after_ms = retry_after_ms


class Internal(WireError):
    """Something went wrong here; it is in the log under this reference."""

    code = "internal"

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


@runtime_checkable
class Refusal(Protocol):
    """What every package's refusals have: a code of the wire contract and facts."""

    code: str

    def facts(self) -> dict[str, object]:
        """The facts that the answer carries beside code and message."""
        ...


def answer(refusal: Refusal) -> dict[str, object]:
    """The error object of an ack or of an HTTP answer."""
    return {"code": refusal.code, "message": str(refusal), **refusal.facts()}
