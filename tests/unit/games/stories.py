"""Scripted rounds told in few words."""

from collections.abc import Mapping

from games.blackjack.rules import parse_rules
from games.blackjack.script import RoundResult, ScriptedRound, ScriptedSeat, replay
from games.cards import parse_cards


def play(
    cards: str, *seats: tuple[int, str], bet: int = 100, rules: Mapping[str, object] | None = None
) -> RoundResult:
    """The end of a round in which each seat bets the same; a seat is its number and its actions."""
    return replay(
        ScriptedRound(
            rules=parse_rules(rules or {}),
            cards=parse_cards(cards),
            seats=tuple(
                ScriptedSeat(seat=number, bet=bet, actions=tuple(actions.split()))
                for number, actions in seats
            ),
        )
    )


def told(result: RoundResult) -> list[str]:
    """The round in a few words: the dealer, each hand in order, and how many cards were used."""
    lines = [f"{' '.join(result.dealer.cards)} = {result.dealer.total}"]
    for seat in result.seats:
        lines += [
            f"{seat.seat}: {' '.join(hand.cards)} {hand.bet} {hand.outcome} {hand.payout}"
            for hand in seat.hands
        ]
        if seat.insurance is not None:
            lines.append(f"{seat.seat}: insurance {seat.insurance.bet} {seat.insurance.payout}")
    return [*lines, f"{result.cards_used} cards"]
