"""What the economy refuses, and what it finds broken."""

from typing import ClassVar


class EconomyError(Exception):
    """The economy refuses this."""

    code: ClassVar[str] = "forbidden"

    def facts(self) -> dict[str, object]:
        """The facts that an answer carries beside code and message."""
        return {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and value is not None
        }

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else (type(self).__doc__ or self.code)


class InsufficientFunds(EconomyError):
    """The balance does not cover this."""

    code = "insufficient_funds"


class RunInProgress(EconomyError):
    """Another payout run is in progress."""

    code = "run_in_progress"

    def __init__(self, run_id: str | None = None) -> None:
        super().__init__()
        self.run_id = run_id


class AlreadyMember(EconomyError):
    """You are in a syndicate already."""

    code = "already_member"


class NotFound(EconomyError):
    """There is no such thing."""

    code = "not_found"


class LimitReached(EconomyError):
    """That is more than is allowed."""

    code = "limit_reached"


class CommandIdReused(EconomyError):
    """This command id was used before, for another command."""

    code = "command_id_reused"


class PlanExpired(EconomyError):
    """This plan was used before, or it is older than a day."""

    code = "plan_expired"


class NameTaken(EconomyError):
    """This name is taken."""

    code = "name_taken"


class Forbidden(EconomyError):
    """You may not do that."""

    code = "forbidden"


class NotSent(EconomyError):
    """No dividend with this seq was sent to you."""

    code = "invalid_payload"

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class BooksBroken(Exception):
    """The stored rows contradict each other: no repeat can help, an operator must look."""
