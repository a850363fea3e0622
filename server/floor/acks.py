"""What a table's acks say. The database fills in the balance and the deadline in the same transaction."""

import msgspec

from games.blackjack.commands import Act, ClearBet, Command, LeaveSeat, PlaceBet, SetClientSeed, TakeSeat
from games.blackjack.state import TableState
from games.blackjack.view import view


def ack_of(command: Command, user_id: str, after: TableState, version: int) -> dict[str, object]:
    """The ack of an accepted command, without `ok`; `balance` is null until it is committed."""
    seat = next((number for number, seat in enumerate(after.seats, 1) if seat.user_id == user_id), None)
    match command:
        case TakeSeat():
            table = view(after, version=version, deadline=None, deadline_ms=None)
            return {"seat": seat, "table": msgspec.to_builtins(table)}
        case LeaveSeat():
            return {"left": seat is None, "balance": None, "version": version}
        case PlaceBet():
            return {"bet": command.amount, "balance": None, "version": version}
        case ClearBet():
            return {"balance": None, "version": version}
        case Act():
            return {"version": version, "balance": None}
        case SetClientSeed():
            return {"shoe_number": after.shoe_number + 1, "version": version}
        case _:
            return {}
