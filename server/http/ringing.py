"""What HTTP calls tell the players' sockets."""

from uuid import UUID

from economy.ledger import Balance
from server.bells import BalanceChanged


def balance_changed(user_id: UUID, wallet: Balance, reason: str) -> BalanceChanged:
    """A wallet moved, outside any table."""
    payload = {"balance": wallet.balance, "balance_version": wallet.version, "reason": reason}
    return BalanceChanged(user_id=str(user_id), payload=payload)
