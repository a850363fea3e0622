"""Dividends on their way: in order, without gaps, not too far ahead, and nothing twice."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from economy.dividends import AHEAD_MAX
from server.sockets.cursors import Cursor, advance
from server.sockets.ports import Dividend
from tests.fakes import FakeDividends


def dividend(seq: int, user_id: str = "ada") -> Dividend:
    """One dividend."""
    return Dividend(
        user_id=user_id,
        seq=seq,
        payout_id=f"payout-{seq}",
        run_id="run",
        transfer_id=f"transfer-{seq}",
        syndicate_id="syndicate",
        syndicate_name="The Sevens",
        amount=10,
        balance=1_000 + 10 * seq,
        balance_version=seq,
        paid_at="2026-11-24T00:00:00.000Z",
    )


class Socket:
    """A cursor and what it was sent."""

    def __init__(self, source: FakeDividends, *, confirmed_through: int = 0, known_seq: int = 0) -> None:
        self.cursor = Cursor(confirmed_through=confirmed_through, known_seq=known_seq)
        self.seen: list[int] = []
        self._source = source

    def confirm(self, through: int) -> bool:
        """The player confirms: in the books, then on this socket."""
        self._source.confirmed["ada"] = max(through, self._source.confirmed.get("ada", 0))
        return self.cursor.confirm(through)

    async def advance(self) -> None:
        """Send what is next."""
        await advance({"ada": [self.cursor]}, self._source.dividends, self.send)

    def send(self, _cursor: Cursor, sent: Dividend) -> None:
        """Take note of what was sent."""
        self.seen.append(sent.seq)


async def test_a_socket_gets_what_is_unconfirmed_in_order() -> None:
    source = FakeDividends(dividend(seq) for seq in range(1, 8))
    socket = Socket(source, confirmed_through=3, known_seq=7)

    await socket.advance()

    assert socket.seen == [4, 5, 6, 7]


async def test_live_dividends_come_behind_the_old_and_nothing_comes_twice() -> None:
    source = FakeDividends([dividend(1), dividend(2)])
    socket = Socket(source)
    await socket.advance()
    source.add(dividend(3))

    await socket.advance()
    await socket.advance()

    assert socket.seen == [1, 2, 3]


async def test_at_most_100_go_ahead_of_the_last_confirmation() -> None:
    source = FakeDividends(dividend(seq) for seq in range(1, 251))
    socket = Socket(source)

    await socket.advance()
    assert list(range(1, AHEAD_MAX + 1)) == socket.seen

    assert socket.confirm(60)
    await socket.advance()
    assert list(range(1, 161)) == socket.seen


async def test_a_full_window_asks_the_database_for_nothing() -> None:
    source = FakeDividends(dividend(seq) for seq in range(1, 151))
    socket = Socket(source)
    await socket.advance()

    await socket.advance()

    assert source.queries == 1


async def test_a_confirmation_never_goes_back() -> None:
    cursor = Cursor(confirmed_through=10, known_seq=10)

    cursor.confirm(4)

    assert cursor.confirmed_through == 10


async def test_what_was_confirmed_on_another_socket_is_not_sent_again() -> None:
    source = FakeDividends(dividend(seq) for seq in range(1, 6))
    socket = Socket(source)
    socket.confirm(3)

    await socket.advance()

    assert socket.seen == [4, 5]


async def test_only_a_confirmation_that_makes_room_says_so() -> None:
    source = FakeDividends(dividend(seq) for seq in range(1, 151))
    socket = Socket(source)
    await socket.advance()

    assert socket.confirm(1)
    assert not socket.confirm(2)


async def test_one_query_serves_all_users_and_all_their_sockets() -> None:
    source = FakeDividends([dividend(1), dividend(2), dividend(1, "bob")])
    ahead, behind, other = (Cursor(confirmed_through=0, known_seq=0) for _ in range(3))
    ahead.take([dividend(1)])
    sent: list[tuple[Cursor, str, int]] = []

    await advance(
        {"ada": [ahead, behind], "bob": [other]},
        source.dividends,
        lambda cursor, item: sent.append((cursor, item.user_id, item.seq)),
    )

    assert source.queries == 1
    assert [(ahead, "ada", 2), (behind, "ada", 1), (behind, "ada", 2), (other, "bob", 1)] == sent


async def test_overlapping_looks_send_nothing_twice_or_out_of_order() -> None:
    source = FakeDividends([dividend(1), dividend(2)])
    socket = Socket(source)

    async def fetch(after: Mapping[str, int]) -> Sequence[Dividend]:
        early = await source.dividends(after)
        source.add(dividend(3))
        await socket.advance()  # another look overtakes this one
        return early

    await advance({"ada": [socket.cursor]}, fetch, socket.send)

    assert socket.seen == [1, 2, 3]


@given(st.lists(st.one_of(st.just("paid"), st.just("look"), st.integers(0, 400)), max_size=60))
async def test_whatever_happens_what_a_client_saw_has_no_gaps(story: list[str | int]) -> None:
    source = FakeDividends()
    socket = Socket(source)
    paid = 0
    for step in story:
        if step == "paid":
            source.add(*(dividend(seq) for seq in range(paid + 1, paid + 41)))
            paid += 40
        elif isinstance(step, int):
            socket.confirm(min(step, socket.cursor.sent_through))  # a client confirms what it has seen
        else:
            await socket.advance()

    assert list(range(1, len(socket.seen) + 1)) == socket.seen
    assert len(socket.seen) <= socket.cursor.confirmed_through + AHEAD_MAX
