"""Every transfer of the tables and the players here is one that the journal asks for, and is there once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Row

from games.blackjack.settle import Flow, Movement, Reason, movements
from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.judge.truth import Account, Move

_PLAY: Final = frozenset(reason.value for reason in Reason)
_OTHERWISE: Final[Mapping[str, frozenset[str]]] = {
    "wallet": frozenset(("start", "top_up")),  # all that a guest of the load test gets besides play
    "escrow": frozenset(),
    "bank": frozenset(("accrual", "bank_fill")),
}


class _Leg(NamedTuple):
    """A transfer by whose accounts it names: kind and owner."""

    debit: tuple[str, str]
    credit: tuple[str, str]
    amount: int
    reason: str


class LedgerWatch:
    """Gets every move of the journal; `judge` then holds their transfers against those that there are."""

    def __init__(self, findings: Findings, user_ids: Iterable[str]) -> None:
        self._findings = findings
        self._right: dict[str, _Leg] = {}
        self._round_of: dict[str, str | None] = {}
        self.users = set(user_ids)

    def judge_move(self, move: Move) -> None:
        """Take a move of the journal in."""
        for number, movement in enumerate(movements(move.before, move.events)):
            key = f"table:{move.table_id}:{move.version}:{number}"
            self._right[key] = _leg(move.table_id, movement)
            self._round_of[key] = move.after.round_id
            if movement.user_id is not None:
                self.users.add(movement.user_id)

    def judge(self, accounts: Sequence[Account], rows: Sequence[Row[Any]], guests: set[str]) -> None:
        """`rows` are all transfers of the accounts; `guests` are the players of the load test."""
        owners = {account.account_id: (account.kind, account.owner) for account in accounts}
        explained: Counter[tuple[tuple[str, str], int, str]] = Counter()
        missing = dict(self._right)
        strange: list[Row[Any]] = []
        for row in rows:
            self._findings.looked_at("transfers")
            leg = _Leg(
                debit=owners.get(row.debit, ("", "")),
                credit=owners.get(row.credit, ("", "")),
                amount=row.amount,
                reason=row.reason,
            )
            right = missing.pop(row.key, None)
            if right is None:
                if row.key in self._right or self._is_strange(leg, guests):
                    strange.append(row)
                continue
            explained[leg.credit, leg.amount, self._round_of[row.key] or ""] += 1
            if leg != right:
                self._add("transfer_wrong", right, f"{row.key} moved {_words(leg)}, right is {_words(right)}")
        for row in strange:
            self._add_strange(row, owners, explained)
        for key, right in missing.items():
            self._add("transfer_missing", right, f"{key} did not move {_words(right)}")

    def _is_strange(self, leg: _Leg, guests: set[str]) -> bool:
        """Whether nothing explains it: play that the journal does not know, or chips from nowhere."""
        if leg.reason in _PLAY:
            return True
        for kind, owner in (leg.debit, leg.credit):
            is_judged = kind in ("escrow", "bank") or owner in guests
            if is_judged and leg.reason not in _OTHERWISE.get(kind, frozenset((leg.reason,))):
                return True
        return False

    def _add_strange(
        self,
        row: Row[Any],
        owners: Mapping[int, tuple[str, str]],
        explained: Counter[tuple[tuple[str, str], int, str]],
    ) -> None:
        credit = owners.get(row.credit, ("", ""))
        round_id = "" if row.round_id is None else str(row.round_id)
        is_repeated = any(
            who == credit and amount == row.amount and (not round_id or round_id == of)
            for who, amount, of in explained
        )
        kind = "double_pay" if is_repeated and credit[0] == "wallet" else "transfer_unexplained"
        detail = f"transfer {row.key!r} moved {row.amount} to {' '.join(credit)} ({row.reason})"
        if round_id:
            detail += f" for round {round_id}"
        user_id = credit[1] if credit[0] == "wallet" else None
        self._findings.add(Finding(kind=kind, detail=detail, user_id=user_id))

    def _add(self, kind: str, leg: _Leg, detail: str) -> None:
        user_id = next((owner for kind_, owner in (leg.credit, leg.debit) if kind_ == "wallet"), None)
        self._findings.add(Finding(kind=kind, detail=detail, user_id=user_id))


def _leg(table_id: str, movement: Movement) -> _Leg:
    wallet, escrow, bank = ("wallet", movement.user_id or ""), ("escrow", table_id), ("bank", table_id)
    debit, credit = {
        Flow.STAKE: (wallet, escrow),
        Flow.RETURN: (escrow, wallet),
        Flow.TO_BANK: (escrow, bank),
        Flow.FROM_BANK: (bank, escrow),
    }[movement.kind]
    return _Leg(debit=debit, credit=credit, amount=movement.amount, reason=movement.reason.value)


def _words(leg: _Leg) -> str:
    return f"{leg.amount} from {' '.join(leg.debit)} to {' '.join(leg.credit)} ({leg.reason})"
