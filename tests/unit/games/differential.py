"""The live engine against the naive blackjack: one round by script, spoilt, and move by move at a table."""

from random import Random
from typing import Any

import msgspec

from economy.money import Money
from games.blackjack.commands import Act, Deal, PlaceBet, TakeSeat
from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import IllegalMove, NotYourTurn, RuleViolation
from games.blackjack.events import Event, RoundSettled, ShoeFinished
from games.blackjack.rules import parse_rules
from games.blackjack.script import ScriptError, parse_script, replay
from games.blackjack.settle import Flow, movements
from games.blackjack.state import TableConfig, TableState, encode_state, new_table
from games.blackjack.terms import Move, Phase
from games.blackjack.view import TableView, view
from games.cards import parse_cards
from games.shoe import ScriptedDealer
from tests.builders import user
from tests.unit.games.oracle import (
    ANSWERS,
    WORDS,
    Asked,
    Held,
    Json,
    Round,
    finished_shoes,
    is_soft,
    judged,
    points,
)
from tests.unit.games.spoiling import spoilt
from tests.unit.games.stacked import stacked_round


def compare(chance: Random, rules: Json) -> tuple[Round, Json, str]:
    """Hold a stacked round against the naive blackjack; gives play, result and what was spoilt."""
    script, played, due = stacked_round(chance, rules)
    assert due == judged(script)
    assert due == replayed(script)
    fault, broken = spoilt(chance, script, played)
    assert judged(broken) == replayed(broken), broken
    LiveTable(chance, script, played).play_through(due)
    return played, due, fault


def replayed(script: Json) -> Any:
    """What the live engine prints for the script, read back from JSON; a fault as `{"error": …}`."""
    try:
        result = replay(parse_script(msgspec.json.encode(script)))
    except ScriptError as error:
        facts = {key: value for key, value in error.facts().items() if key in {"seat", "action", "moves"}}
        return {"error": {"code": error.code, **facts}}
    return msgspec.json.decode(msgspec.json.encode(result))


def _status(hand: Held) -> str:
    """How a complete hand is shown."""
    if points(hand.cards) > 21:
        return "busted"
    return {"double": "doubled", "surrender": "surrendered"}.get(hand.how, hand.how or "stood")


class LiveTable:
    """A table that is dealt the script's cards and asked what the naive blackjack was asked."""

    def __init__(self, chance: Random, script: Json, played: Round) -> None:
        self._chance = chance
        self._script = script
        self._played = played
        self._dealer = ScriptedDealer(parse_cards(" ".join(script["cards"])))
        self._events: tuple[Event, ...] = ()
        self._escrow = 0
        config = TableConfig(
            table_id="test-1",
            name="Test",
            rules=parse_rules(script["rules"]),
            min_bet=Money(1),
            max_bet=Money(10**12),
            seats=7,
        )
        self.state: TableState = new_table(config, commitment="c1", next_commitment="c2")

    def play_through(self, due: Json) -> None:
        """Play the round to its end, which must be the one that is due."""
        for seat in self._script["seats"]:
            self._do(TakeSeat(user_id=user(seat["seat"]), name="Name", seat=seat["seat"]))
            self._do(PlaceBet(user_id=user(seat["seat"]), amount=Money(seat["bet"])))
        self._do(Deal(connected=frozenset()))
        insurances = [answer for answer in self._played.answers if answer[0].moves is ANSWERS]
        self._answer_in_any_order(insurances)
        for asked, word in self._played.answers[len(insurances) :]:
            self._check_turn(asked)
            self._answer(asked, word)
        self._check_end(due)

    def _check_turn(self, asked: Asked) -> None:
        """The table shows the very question, and the hand that it is about."""
        shown = self._shown()
        assert shown.turn is not None
        assert (asked.seat, asked.hand) == (shown.turn.seat, shown.turn.hand)
        assert tuple(asked.moves) == shown.turn.moves
        hand = shown.seats[asked.seat - 1].hands[asked.hand]
        cards = list(asked.cards)
        assert (asked.cards, points(cards), is_soft(cards)) == (hand.cards, hand.total, hand.soft)
        assert (hand.status, hand.doubled) == ("playing", False)

    def _answer_in_any_order(self, insurances: list[tuple[Asked, str]]) -> None:
        waiting = {asked.seat for asked, _ in insurances}
        for asked, word in self._chance.sample(insurances, k=len(insurances)):
            shown = self._shown()
            assert shown.phase is Phase.INSURANCE
            assert shown.turn is None
            unanswered = {seat.seat for seat in shown.seats if seat.insurance is None and seat.bet > 1}
            assert waiting == unanswered
            self._answer(asked, word)
            waiting.remove(asked.seat)
        assert self._shown().phase in {Phase.PLAYING, Phase.SETTLED}

    def _answer(self, asked: Asked, word: str) -> None:
        """Be refused what is illegal and what nobody asked, then answer; it costs what it should."""
        wrong = self._chance.choice([move for move in WORDS if move not in asked.moves])
        refusal = self._refused(self._act(asked.seat, asked.hand, wrong))
        assert isinstance(refusal, IllegalMove)
        assert tuple(asked.moves) == refusal.moves
        other = self._refused(self._act(asked.seat, asked.hand + 1, word))
        assert isinstance(other, NotYourTurn)
        before = self._escrow
        self._do(self._act(asked.seat, asked.hand, word))
        if not any(isinstance(event, RoundSettled) for event in self._events):
            assert before + asked.price(word) == self._escrow

    def _refused(self, command: Act) -> RuleViolation:
        before = encode_state(self.state)
        try:
            decide_and_evolve(self.state, command, self._dealer)
        except RuleViolation as refusal:
            assert before == encode_state(self.state)
            return refusal
        raise AssertionError(f"not refused: {command}")

    def _act(self, seat: int, hand: int, word: str) -> Act:
        return Act(user_id=user(seat), round_id=self.state.round_id or "", hand=hand, move=Move(word))

    def _do(self, command: TakeSeat | PlaceBet | Deal | Act) -> None:
        before = self.state
        self._events, self.state = decide_and_evolve(before, command, self._dealer)
        for movement in movements(before, self._events):
            is_paid_in = movement.kind in {Flow.STAKE, Flow.FROM_BANK}
            self._escrow += movement.amount if is_paid_in else -movement.amount

    def _shown(self) -> TableView:
        return view(self.state, version=1, deadline=None, deadline_ms=None)

    def _check_end(self, due: Json) -> None:
        """The table shows what is due, nothing is left in escrow, and the shoes that are over are told."""
        shown = self._shown()
        assert shown.phase is Phase.SETTLED
        assert self._escrow == 0
        assert due["dealer"] == {"cards": list(shown.dealer.cards), "total": shown.dealer.total}
        ended = {
            seat.seat: [
                {"cards": list(hand.cards), "bet": hand.bet, "outcome": hand.outcome, "payout": hand.payout}
                for hand in seat.hands
            ]
            for seat in shown.seats
            if seat.hands
        }
        assert {seat["seat"]: seat["hands"] for seat in due["seats"]} == ended
        if self._played.has_play:
            assert [
                [(_status(hand), hand.how == "double") for hand in hands] for hands in self._played.hands
            ] == [[(hand.status, hand.doubled) for hand in seat.hands] for seat in shown.seats if seat.hands]
        finished = [event.shoe_number for event in self._events if isinstance(event, ShoeFinished)]
        assert finished_shoes(self._script["rules"], due["cards_used"]) == finished
        paid = [result for event in self._events if isinstance(event, RoundSettled) for result in event.seats]
        assert {seat["seat"]: seat["net"] for seat in due["seats"]} == {
            result.seat: result.paid - result.staked for result in paid
        }
