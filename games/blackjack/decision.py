"""One decision while it is made: the events so far, the state after them, and the cards drawn."""

from games.blackjack.errors import ShoeTooShort
from games.blackjack.events import Event, ShoeFinished, ShoeStarted
from games.blackjack.evolve import evolve
from games.blackjack.state import HoleCard, TableState
from games.cards import Card
from games.shoe import Dealer, shoe_size


class Decision:
    """Collects what happens. `state` always is what the events so far mean, so no rule has to foresee it."""

    __slots__ = ("_dealer", "_laid", "events", "position", "state")

    def __init__(self, state: TableState, dealer: Dealer) -> None:
        self.state = state
        self.events: list[Event] = []
        self.position = state.position
        self._dealer = dealer
        self._laid: HoleCard | None = None

    def emit(self, event: Event) -> None:
        """Say that this happened."""
        self.events.append(event)
        self.state = evolve(self.state, event)

    def new_round_id(self) -> str:
        """A fresh round id."""
        return self._dealer.round_id()

    def draw(self) -> Card:
        """The next card of the shoe in play, or of the one after it when it has run out; `position` moves on.

        The card counts as drawn once an event carries it and the new position.
        """
        if self.position == shoe_size(self.state.decks):
            self.start_shoe(ran_out=True)
        state = self.state
        card = card_of(self._dealer, state.shoe_number, state.client_seeds, state.decks, self.position)
        self.position += 1
        return card

    @property
    def hole(self) -> HoleCard | None:
        """Where the hole card lies: only its place is remembered."""
        return self._laid or self.state.hole

    def lay_hole_card(self) -> None:
        """Draw the next card and lay it face down before the dealer."""
        self.draw()
        self._laid = HoleCard(self.state.shoe_number, self.position - 1)

    def hole_card(self) -> Card:
        """The hidden card before the dealer; only for looking whether it makes a natural, or to reveal it."""
        state = self.state
        hole = self.hole
        if hole is None:
            raise ValueError("there is no hole card")
        if hole.shoe_number == state.shoe_number:
            return card_of(self._dealer, hole.shoe_number, state.client_seeds, state.decks, hole.index)
        shoe = next(shoe for shoe in state.earlier_shoes if shoe.shoe_number == hole.shoe_number)
        return card_of(self._dealer, hole.shoe_number, shoe.client_seeds, shoe.decks, hole.index)

    def finish_shoe(self) -> None:
        """Say that nothing more is dealt from the shoe in play, unless that is said already."""
        if not self.state.is_shoe_finished:
            self.emit(ShoeFinished(shoe_number=self.state.shoe_number))

    def finish_earlier_shoes(self) -> None:
        """Say that the shoes which ran out in this round are finished."""
        for shoe in self.state.earlier_shoes:
            self.emit(ShoeFinished(shoe_number=shoe.shoe_number))

    def start_shoe(self, *, ran_out: bool = False) -> None:
        """Bring the next shoe into play: its client seeds are frozen, the one after it is committed to."""
        state = self.state
        number = state.shoe_number + 1
        self.emit(
            ShoeStarted(
                shoe_number=number,
                commitment=state.next_commitment,
                next_commitment=self._dealer.commitment(number + 1),
                client_seeds=tuple(seat.client_seed for seat in state.seats),
                decks=state.config.rules.decks,
                ran_out=ran_out,
            )
        )
        self.position = 0


def card_of(dealer: Dealer, shoe_number: int, client_seeds: tuple[str, ...], decks: int, index: int) -> Card:
    """One card of a shoe; raises `ShoeTooShort`."""
    order = dealer.order(shoe_number, client_seeds, decks)
    if index >= len(order):
        raise ShoeTooShort
    return order[index]
