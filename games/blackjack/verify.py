"""Whether a round was dealt and paid as its record says: everything is computed again from the record alone.

The server seed must be the one that was committed to; the seeds give the order of the shoe; the round's cards
must lie in it where the record says; and the recorded actions, played by the live rules on these cards, must
lead to the recorded hands, outcomes and payouts. `docs/fairness.md` says what that proves, and what not.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

from games.blackjack.commands import Act, Void
from games.blackjack.config import MAX_SEATS
from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import InvalidRules
from games.blackjack.evolve import fold
from games.blackjack.history import dealer_record, seat_outcomes
from games.blackjack.proof import Check, Difference, Fault, Finding, Proof, ProofShoe, Verdict
from games.blackjack.rules import Rules, cut_card, parse_rules, rules_text
from games.blackjack.script import (
    IllegalActionError,
    IncompleteScriptError,
    InvalidScriptError,
    RoundResult,
    ScriptedRound,
    ScriptError,
    moments,
    parse_script,
    replay,
)
from games.blackjack.state import TableState, shoes_of_round
from games.blackjack.terms import Move, Outcome, Phase
from games.cards import card_texts
from games.fairness import SERVER_SEED_BYTES, commitment, shoe_order
from games.shoe import ScriptedDealer, shoe_size

DIFFERENCES_MAX: Final = 20
_ORDER: Final = {check: place for place, check in enumerate(Check)}
_LISTS: Final = (list, tuple)
_ANSWERS: Final = (Move.INSURE, Move.DECLINE_INSURANCE)


def verify(proof: Proof, *, asked_for: str | None = None) -> Verdict:
    """Look at everything that can be looked at, and say what it comes to.

    `asked_for` is the round that the record was asked for, where it was: no check binds a record to its id.
    """
    checks = (*_check_round(proof, asked_for), *check_play(proof), *check_shoes(proof))
    checks = tuple(sorted(checks, key=lambda finding: _ORDER[finding.check]))
    failed = next((finding for finding in checks if not finding.ok), None)
    hidden = next((shoe for shoe in proof.shoes if not _is_revealed(shoe)), None)
    error = None
    if failed is not None:
        message = f"This record does not match: {failed.reason}."
        number = failed.shoe_number
        error = Fault(code="does_not_match", message=message, check=failed.check, shoe_number=number)
    elif hidden is not None:
        message = (
            f"Shoe {hidden.shoe_number} is not revealed yet: its server seed is public when it is finished."
        )
        error = Fault(code="not_revealed", message=message, shoe_number=hidden.shoe_number)
    return Verdict(ok=error is None, round_id=proof.round_id, error=error, checks=checks)


def check_play(proof: Proof) -> tuple[Finding, ...]:
    """Whether the cards and actions lead to the recorded end under the rules; this needs no seed."""
    try:
        script = parse_script(msgspec.json.encode(proof))
    except InvalidScriptError as fault:
        check = Check.RULES if fault.field.startswith("rules") else Check.REPLAY
        return (Finding(check=check, ok=False, reason=str(fault)),)
    rules = Finding(check=Check.RULES, ok=True)
    try:
        result = _replay_voided(script) if _is_voided(proof) else replay(script)
    except ScriptError as fault:
        return rules, Finding(check=Check.REPLAY, ok=False, reason=str(fault))
    found = list(_differences("", _recorded_end(proof), msgspec.to_builtins(result)))
    paid = [each for each in found if each.field.endswith((".payout", ".net"))]
    played = [each for each in found if each not in paid]
    return (
        rules,
        _finding(Check.REPLAY, played, "the cards and actions lead to another round"),
        _finding(Check.PAYOUTS, paid, "other amounts come back"),
    )


def check_shoes(proof: Proof) -> tuple[Finding, ...]:
    """Whether the cards are those of the committed shoes, as far as these are revealed."""
    try:
        rules = parse_rules(proof.rules)
    except InvalidRules:
        return ()  # the replay has said so
    place = _fault_of_places(proof, rules)
    findings = [Finding(check=Check.SHOES, ok=place is None, reason=place)]
    start = 0
    for shoe in proof.shoes:
        end = start + max(0, shoe.cards)
        if _is_revealed(shoe):
            findings += _check_shoe(proof, rules, shoe, proof.cards[start:end])
        start = end
    return tuple(findings)


def _check_round(proof: Proof, asked_for: str | None) -> tuple[Finding, ...]:
    if asked_for is None:
        return ()
    is_it = proof.round_id == asked_for
    return (Finding(check=Check.ROUND, ok=is_it, reason=None if is_it else "it is of another round"),)


def _recorded_end(proof: Proof) -> object:
    """What a replay gives, as the record has it."""
    kept = ("seat", "hands", "insurance", "net")
    seats = [{name: getattr(seat, name) for name in kept} for seat in proof.seats]
    return msgspec.to_builtins({"dealer": proof.dealer, "seats": seats, "cards_used": proof.cards_used})


def _is_revealed(shoe: ProofShoe) -> bool:
    return shoe.revealed and shoe.server_seed is not None


def _is_voided(proof: Proof) -> bool:
    return all(hand.outcome == Outcome.VOID for seat in proof.seats for hand in seat.hands)


def _replay_voided(script: ScriptedRound) -> RoundResult:
    """Play as far as the actions go, and void the round there; raises a `ScriptError`."""
    state = _last_state(script)
    dealer = ScriptedDealer(script.cards)
    if state.phase is Phase.INSURANCE:  # answered in any order, so one seat's silence does not end it
        for seat in script.seats:
            for word in seat.actions[len(state.seats[seat.seat - 1].actions) :]:
                state = _answered(state, seat.seat, word, dealer)
    for seat in script.seats:
        if state.seats[seat.seat - 1].actions != seat.actions:
            raise IncompleteScriptError(f"Seat {seat.seat} has more actions than it is asked for.", seat.seat)
    if state.phase is Phase.SETTLED:
        raise IncompleteScriptError("The round is played to its end: there is nothing to void.")
    voided = decide_and_evolve(state, Void(reason=""), dealer)[1]
    return RoundResult(
        dealer=dealer_record(voided),
        seats=seat_outcomes(voided),
        cards_used=sum(shoe.cards for shoe in shoes_of_round(voided)),
    )


def _last_state(script: ScriptedRound) -> TableState:
    """The table when the script's actions have come to their end; raises a `ScriptError` of another kind."""
    state: TableState | None = None
    try:
        for moment in moments(script):
            state = fold(moment.before, moment.events)
    except IncompleteScriptError as end:
        if state is None or end.seat is None:
            raise
    if state is None:
        raise IncompleteScriptError("Nobody plays.")
    return state


def _answered(state: TableState, number: int, word: str, dealer: ScriptedDealer) -> TableState:
    move = next((move for move in _ANSWERS if move == word), None)
    if move is None:
        raise IllegalActionError(number, word, _ANSWERS)
    user_id, round_id = state.seats[number - 1].user_id or "", state.round_id or ""
    return decide_and_evolve(state, Act(user_id=user_id, round_id=round_id, hand=0, move=move), dealer)[1]


def _fault_of_places(proof: Proof, rules: Rules) -> str | None:
    """What is wrong with where the cards are said to lie: shoes follow one another without a gap."""
    if not proof.shoes:
        return "the round has no shoe"
    size = shoe_size(rules.decks)
    first = proof.shoes[0]
    if not 0 <= first.first_card < cut_card(rules, rules.decks):
        return f"the round begins at card {first.first_card}, which is not before the cut card"
    for before, shoe in pairwise(proof.shoes):
        if shoe.shoe_number != before.shoe_number + 1 or shoe.first_card != 0:
            return f"shoe {shoe.shoe_number} does not follow shoe {before.shoe_number}"
        if before.first_card + before.cards != size:
            return f"shoe {before.shoe_number} is left before its end"
    last = proof.shoes[-1]
    if last.cards < 1 or last.first_card + last.cards > size:
        return f"shoe {last.shoe_number} does not hold {last.cards} cards from card {last.first_card} on"
    if sum(shoe.cards for shoe in proof.shoes) != len(proof.cards):
        return "the shoes' cards are not as many as the round's"
    seats = {len(shoe.client_seeds) for shoe in proof.shoes}
    if len(seats) > 1 or not max((seat.seat for seat in proof.seats), default=0) <= max(seats) <= MAX_SEATS:
        return "the client seeds are not as many as the table has seats"
    return None


def _check_shoe(proof: Proof, rules: Rules, shoe: ProofShoe, cards: tuple[str, ...]) -> Iterator[Finding]:
    number = shoe.shoe_number
    try:
        seed = bytes.fromhex(shoe.server_seed or "")
    except ValueError:
        seed = b""
    is_seed = len(seed) == SERVER_SEED_BYTES and seed.hex() == shoe.server_seed
    if not is_seed:
        reason = "the server seed is not 64 lower-case hexadecimal digits"
    elif commitment(seed) != shoe.commitment:
        reason = "the commitment is not the hash of the server seed"
    else:
        reason = None
    yield Finding(check=Check.COMMITMENT, ok=reason is None, shoe_number=number, reason=reason)
    if not is_seed:
        return
    try:
        order = card_texts(
            shoe_order(seed, shoe.client_seeds, proof.table_id, number, rules.decks, rules=rules_text(rules))
        )
    except (struct.error, UnicodeEncodeError):
        reason = "no shoe has such a number, or such seeds"
        yield Finding(check=Check.SHUFFLE, ok=False, shoe_number=number, reason=reason)
        return
    yield Finding(check=Check.SHUFFLE, ok=True, shoe_number=number)
    dealt = order[max(0, shoe.first_card) :][: len(cards)]
    found = list(_differences("cards", list(cards), list(dealt)))
    yield _finding(Check.CARDS, found, "the seeds give other cards", shoe_number=number)


def _finding(
    check: Check, found: list[Difference], reason: str, *, shoe_number: int | None = None
) -> Finding:
    return Finding(
        check=check,
        ok=not found,
        shoe_number=shoe_number,
        reason=reason if found else None,
        differences=tuple(found[:DIFFERENCES_MAX]),
    )


def _differences(field: str, recorded: object, computed: object) -> Iterator[Difference]:
    """Where two values of JSON are not the same, each place by its path."""
    if isinstance(recorded, dict) and isinstance(computed, dict) and recorded.keys() == computed.keys():
        for name in recorded:
            yield from _differences(f"{field}.{name}" if field else str(name), recorded[name], computed[name])
    elif isinstance(recorded, _LISTS) and isinstance(computed, _LISTS) and len(recorded) == len(computed):
        for index, (one, other) in enumerate(zip(recorded, computed, strict=True)):
            yield from _differences(f"{field}[{index}]", one, other)
    elif recorded != computed:
        yield Difference(field=field, recorded=recorded, computed=computed)
