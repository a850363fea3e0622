"""What rounds cost in the live engine, beside other engines, and what a table's decisions and views cost."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from games.blackjack.commands import Act, Command, Expire
from games.blackjack.moves import legal_moves
from games.blackjack.state import TableConfig, TableState, decode_state, encode_state
from games.blackjack.strategy import best_move
from games.blackjack.terms import Phase
from games.blackjack.view import view
from tests.bench.output import say
from tests.bench.rivals import PLAYERS
from tests.builders import ShuffledDealer, Table, user

ROUNDS = 2_000
REPEATS = 5
CONTEST_ROUNDS = 20_000
CONTEST_REPEATS = 7
RIVALS = Path("build/rivals")


def run() -> None:
    """Rounds per CPU second of one process, against engines from PyPI; then what a whole table costs."""
    _contest()
    _table()


def _contest() -> None:
    """Every engine in a process of its own, one after the other, seven times."""
    _install_rivals()
    rates: dict[str, list[float]] = {name: [] for name in PLAYERS}
    for _ in range(CONTEST_REPEATS):
        for name in PLAYERS:
            rates[name].append(_rate(name))
    own = median(rates["casino"])
    for name, rate in rates.items():
        say(
            "engine",
            f"{name}: {median(rate):,.0f} rounds per CPU second (median of {CONTEST_REPEATS}), "
            f"casino / {name} = {own / median(rate):.2f}",
        )


def _install_rivals() -> None:
    """Put the other engines in a folder of their own, without the old backports that some of them ask for."""
    subprocess.run(
        [
            Path(sys.executable).with_name("uv"),
            "pip",
            "install",
            "--quiet",
            "--python",
            sys.executable,
            "--target",
            RIVALS,
            "--no-deps",
            "-r",
            Path(__file__).with_name("rivals.txt"),
        ],
        check=True,
    )


def _rate(name: str) -> float:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.rivals", name, str(CONTEST_ROUNDS)],
        env={**os.environ, "PYTHONPATH": str(RIVALS)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(run.stdout.split()[-1])


def _table() -> None:
    """Rounds of two seats at a whole table, with its seats, bets, timers and journal; coding and viewing."""
    rates, coding, viewing, size = [], [], [], 0
    for repeat in range(REPEATS):
        started = process_time()
        state = _play(ROUNDS, seed=repeat)
        rates.append(ROUNDS / (process_time() - started))
        coding.append(_each_us(partial(_code, state)))
        viewing.append(_each_us(partial(view, state, version=1, deadline=None, deadline_ms=None)))
        size = len(encode_state(state))
    say("engine", f"table: {median(rates):,.0f} rounds of two seats per CPU second (median of {REPEATS})")
    say("engine", f"state: {size} bytes, encode and decode {median(coding):.1f} us")
    say("engine", f"view: {median(viewing):.1f} us")


def _play(rounds: int, seed: int) -> TableState:
    dealer = ShuffledDealer(seed)
    table = Table(TableConfig(table_id="bench-1", name="Bench", seats=2), dealer).sit(1, 2)
    settled = table.state
    for _ in range(rounds):
        table.bet({1: 100, 2: 100})
        table.deal()
        while table.state.phase is not Phase.SETTLED:
            table.do(_next(table.state))
        settled = table.state
        table.do(Expire())
    return settled


def _next(state: TableState) -> Command:
    turn = state.turn
    if turn is None:
        return Expire()
    hand = state.seats[turn.seat - 1].hands[turn.hand]
    move = best_move(state.config.rules, hand.cards, state.dealer[0], legal_moves(state, turn.seat))
    return Act(user_id=user(turn.seat), round_id=state.round_id or "", hand=turn.hand, move=move)


def _code(state: TableState) -> TableState:
    return decode_state(encode_state(state))


def _each_us(work: object, times: int = 2_000) -> float:
    assert callable(work)
    started = process_time()
    for _ in range(times):
        work()
    return (process_time() - started) / times * 1e6
