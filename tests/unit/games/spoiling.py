"""Scripts that went wrong: one fault each, put into a script that fits its round."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.unit.games.oracle import WORDS, Asked, Json, Round
from tests.unit.games.stacked import FULL_DECK

Script = dict[str, Any]


def spoilt(chance: Random, script: Json, played: Round) -> tuple[str, Script]:
    """A fault's name, and the script with it."""
    names = ["too few cards", "surplus action"]
    if played.answers:
        names += ["missing action", "illegal action", "illegal action, no money", "another action"]
    if _costly(played):
        names.append("too little money")
    name = chance.choice(names)
    copy = {**script, "seats": [dict(seat) for seat in script["seats"]]}
    return name, FAULTS[name](chance, copy, played)


def _too_few_cards(chance: Random, script: Script, played: Round) -> Script:
    return {**script, "cards": played.drawn[: chance.randrange(len(played.drawn))]}


def _surplus_action(chance: Random, script: Script, played: Round) -> Script:
    seat = chance.choice(script["seats"])
    seat["actions"] = [*seat["actions"], chance.choice([*WORDS, "fold"])]
    return script


def _missing_action(chance: Random, script: Script, played: Round) -> Script:
    asked, _ = chance.choice(played.answers)
    seat, before = _so_far(script, played, asked)
    seat["actions"] = seat["actions"][: len(before)]
    return script


def _illegal_action(chance: Random, script: Script, played: Round) -> Script:
    asked, word = chance.choice(played.answers)
    wrong = [move for move in WORDS if move not in asked.moves]
    _answer(script, played, asked, chance.choice([*wrong, *wrong, "fold", "", word.upper(), word + " "]))
    return script


def _illegal_action_no_money(chance: Random, script: Script, played: Round) -> Script:
    asked, _ = chance.choice(played.answers)
    costly = [move for move in ("split", "double", "insure") if move not in asked.moves]
    _answer(script, played, asked, chance.choice(costly or ["fold"]))
    seat, before = _so_far(script, played, asked)
    seat["balance"] = _spent(before)
    return script


def _too_little_money(chance: Random, script: Script, played: Round) -> Script:
    asked, word = chance.choice(_costly(played))
    seat, before = _so_far(script, played, asked)
    seat["balance"] = _spent(before) + asked.price(word) - 1
    return script


def _another_action(chance: Random, script: Script, played: Round) -> Script:
    """Another legal move may change all that follows: there are cards enough, and any fault or none."""
    asked, _ = chance.choice(played.answers)
    _answer(script, played, asked, chance.choice(asked.moves))
    script["seats"].sort(key=lambda seat: int(seat["seat"]))
    return {**script, "cards": [*played.drawn, *chance.sample(FULL_DECK * 8, k=200)]}


FAULTS: dict[str, Callable[[Random, Script, Round], Script]] = {
    "too few cards": _too_few_cards,
    "surplus action": _surplus_action,
    "missing action": _missing_action,
    "illegal action": _illegal_action,
    "illegal action, no money": _illegal_action_no_money,
    "another action": _another_action,
    "too little money": _too_little_money,
}


def _costly(played: Round) -> list[tuple[Asked, str]]:
    return [(asked, word) for asked, word in played.answers if asked.price(word) > 0]


def _so_far(script: Script, played: Round, asked: Asked) -> tuple[Script, list[tuple[Asked, str]]]:
    """The seat that is asked, and what it answered before."""
    seat = next(seat for seat in script["seats"] if seat["seat"] == asked.seat)
    asked_before = played.answers[: next(i for i, answer in enumerate(played.answers) if answer[0] is asked)]
    return seat, [answer for answer in asked_before if answer[0].seat == asked.seat]


def _spent(answers: list[tuple[Asked, str]]) -> int:
    return sum(asked.price(word) for asked, word in answers)


def _answer(script: Script, played: Round, asked: Asked, word: str) -> None:
    """Have the question answered so."""
    seat, before = _so_far(script, played, asked)
    actions = list(seat["actions"])
    actions[len(before)] = word
    seat["actions"] = actions
