"""What simulations count, and that they play what live tables play."""

import random

import pytest

from games.blackjack.commands import Act
from games.blackjack.moves import INSURANCE_ANSWERS, legal_moves
from games.blackjack.played import PlayedHand, PlayedSeat
from games.blackjack.round import Round
from games.blackjack.rules import Rules, parse_rules
from games.blackjack.simulate import BLOCK_ROUNDS, Block, Tally, blocks, play_block, worth
from games.blackjack.state import Hand, HoleCard
from games.blackjack.terms import Move, Phase
from games.cards import Card, card_texts
from games.shoe import unshuffled
from tests.builders import Table, a_table, user


def simulated(rules: Rules, rounds: int, seed: str = "seed") -> Tally:
    """The tally of so many rounds."""
    total = Tally()
    for block in blocks(seed, rounds):
        total.add(play_block(rules, block))
    return total


def test_the_same_seed_gives_the_same_tally_and_another_one_does_not() -> None:
    first = simulated(Rules(), 500)

    assert simulated(Rules(), 500) == first
    assert simulated(Rules(), 500, seed="other") != first


def test_blocks_cover_the_rounds_and_may_be_played_in_any_order() -> None:
    parts = list(blocks("seed", 2 * BLOCK_ROUNDS + 1))
    short = [Block(seed=part.seed, number=part.number, rounds=50) for part in parts]
    forwards, backwards = Tally(), Tally()
    for block in short:
        forwards.add(play_block(Rules(), block))
    for block in reversed(short):
        backwards.add(play_block(Rules(), block))

    assert [part.rounds for part in parts] == [BLOCK_ROUNDS, BLOCK_ROUNDS, 1]
    assert backwards == forwards
    assert len({part.number for part in parts}) == 3


def test_the_figures_are_those_of_the_counts() -> None:
    tally = Tally(
        rounds=4,
        net=-500,
        net_squared=1_000_000 + 2_250_000 + 1_000_000,
        win=1,
        lose=2,
        blackjack=1,
        doubles=1,
        hands=5,
        dealer_played=2,
        dealer_bust=1,
    )

    figures = worth(tally)

    assert figures.ev == -0.125  # five hundred cents of four bets of a thousand
    assert figures.house_edge == 0.125
    assert (figures.win, figures.lose, figures.push) == (0.25, 0.5, 0.25)
    assert (figures.blackjack, figures.doubles, figures.splits, figures.hands) == (0.25, 0.25, 0.25, 1.25)
    assert figures.dealer_bust == 0.5
    assert figures.standard_deviation == pytest.approx((4.25 / 4 - 0.125**2) ** 0.5)
    assert figures.standard_error == pytest.approx(figures.standard_deviation / 2)


# By counting: of n decks two cards are a natural in 2 * 4n * 16n of 52n * (52n - 1) cases.
@pytest.mark.parametrize(("decks", "natural"), [(6, 0.047489), (1, 0.048265)])
def test_naturals_come_as_often_as_the_cards_say(decks: int, natural: float) -> None:
    rounds = 20_000

    counted = simulated(Rules(decks=decks), rounds).blackjack

    deviation = (rounds * natural * (1 - natural)) ** 0.5
    assert abs(counted - rounds * natural) < 4 * deviation


def test_a_worse_rule_costs_the_player_on_the_same_shoes() -> None:
    fair, poor = simulated(Rules(), 5_000), simulated(parse_rules({"blackjack_pays": "6:5"}), 5_000)

    wins = (fair.net - poor.net) / 300  # a natural that wins pays three tenths of a bet less
    assert 0 < wins <= fair.blackjack
    assert (poor.win, poor.lose, poor.hands) == (fair.win, fair.lose, fair.hands)


class FixedShoe:
    """Deals the given cards."""

    hole: HoleCard | None = None

    def __init__(self, cards: list[Card]) -> None:
        self._cards = cards
        self.position = 0
        self._laid = 0

    def draw(self) -> Card:
        """The next card."""
        self.position += 1
        return self._cards[self.position - 1]

    def lay_hole_card(self) -> None:
        """The next card, face down."""
        self.draw()
        self._laid = self.position - 1

    def hole_card(self) -> Card:
        """The card that lies face down."""
        return self._cards[self._laid]


@pytest.mark.parametrize("peeks", [True, False])
@pytest.mark.parametrize("seed", range(150))
def test_a_round_alone_and_a_table_play_the_same_cards_alike(seed: int, *, peeks: bool) -> None:
    chance = random.Random(seed)
    rules = Rules(decks=1, dealer_peeks=peeks, resplit_aces=True, hit_split_aces=seed % 2 == 0)
    cards = [card for card in unshuffled(4) if card % 13 in {0, 5, 7, 9, 12}][:52]
    chance.shuffle(cards)
    table = a_table(" ".join(card_texts(cards)), rules=rules).sit(1, 3).bet({1: 1_001, 3: 55})
    table.deal()
    seats = [
        PlayedSeat(number, user(number), table.state.seats[number - 1].bet, None, []) for number in (1, 3)
    ]
    alone = Round(rules, FixedShoe(cards), seats)
    alone.deal()

    _play_both(table, alone, chance)

    assert alone.phase is Phase.SETTLED
    for seat in alone.seats:
        at_table = table.state.seats[seat.number - 1]
        assert [_facts(hand) for hand in seat.hands] == [_facts(hand) for hand in at_table.hands]
        assert seat.insurance == at_table.insurance
    assert tuple(alone.dealer) == table.state.dealer


def _facts(hand: PlayedHand | Hand) -> tuple[object, ...]:
    return tuple(hand.cards), hand.bet, hand.status, hand.doubled, hand.outcome, hand.payout


def _play_both(table: Table, alone: Round, chance: random.Random) -> None:
    """Make the same moves, chosen by chance among the legal ones, at the table and in the round alone."""
    while table.state.phase is Phase.INSURANCE:
        number = next(seat.number for seat in alone.seats if legal_moves(table.state, seat.number))
        move = chance.choice(INSURANCE_ANSWERS)
        seat = next(seat for seat in alone.seats if seat.number == number)
        alone.answer_insurance(seat, insures=move is Move.INSURE)
        table.do(Act(user_id=user(number), round_id=table.state.round_id or "", hand=0, move=move))
    while table.state.phase is Phase.PLAYING:
        turn = table.state.turn
        assert turn is not None
        assert (alone.seat.number, alone.index) == (turn.seat, turn.hand)
        assert alone.moves == legal_moves(table.state, turn.seat)
        move = chance.choice(alone.moves)
        alone.play(move)
        table.act(turn.seat, move)
