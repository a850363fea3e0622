"""Dividends on their way to sockets: each socket has a cursor, and what it was sent has no gaps.

After the welcome a socket is sent the player's unconfirmed dividends in order of their seq, at most
`AHEAD_MAX` past the last one that was confirmed, the live ones behind the old. A dividend that cannot be sent
yet waits in the database, nowhere else.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from economy.dividends import AHEAD_MAX
from server.sockets.ports import Dividend


class Cursor:
    """How far one socket is."""

    __slots__ = ("confirmed_through", "known_seq", "sent_through")

    def __init__(self, *, confirmed_through: int, known_seq: int) -> None:
        self.confirmed_through = confirmed_through
        self.sent_through = confirmed_through
        self.known_seq = (
            known_seq  # the newest seq at the welcome: later ones are live, and change the balance shown
        )

    def take(self, dividends: Iterable[Dividend]) -> list[Dividend]:
        """Those to send now: the next ones without a gap, within the window; they count as sent."""
        taken = []
        for dividend in dividends:
            if self.sent_through < dividend.seq <= self.confirmed_through + AHEAD_MAX:
                self.sent_through = dividend.seq
                taken.append(dividend)
        return taken

    def confirm(self, through: int) -> bool:
        """The player confirmed everything through a seq, on whichever socket; never goes back.

        Answers whether this opened the window: then more may wait for it.
        """
        was_open = self.is_open()
        if through > self.confirmed_through:
            self.confirmed_through = through
            self.sent_through = max(self.sent_through, through)
        return self.is_open() and not was_open

    def is_open(self) -> bool:
        """Whether the window has room."""
        return self.sent_through < self.confirmed_through + AHEAD_MAX


Fetch = Callable[[Mapping[str, int]], Awaitable[Sequence[Dividend]]]


async def advance(
    cursors: Mapping[str, Sequence[Cursor]], fetch: Fetch, send: Callable[[Cursor, Dividend], None]
) -> None:
    """Send every cursor of these users what is next for it: one query, none when no window has room.

    Runs of this may overlap: what a cursor takes is decided without waiting, so nothing is sent twice or out
    of order.
    """
    after = {
        user_id: min(cursor.sent_through for cursor in open_ones)
        for user_id, of_user in cursors.items()
        if (open_ones := [cursor for cursor in of_user if cursor.is_open()])
    }
    if not after:
        return
    of_users: dict[str, list[Dividend]] = {}
    for dividend in await fetch(after):
        of_users.setdefault(dividend.user_id, []).append(dividend)
    for user_id, dividends in of_users.items():
        for cursor in cursors[user_id]:
            for dividend in cursor.take(dividends):
                send(cursor, dividend)
