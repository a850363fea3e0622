"""The operators' form offers every rule, with every value that it may have."""

import json
import subprocess
from enum import StrEnum

import msgspec

from games.blackjack.rules import Rules
from tests.node import node
from tests.processes import ROOT

SHOW = "import('./static/js/rules.js').then(({RULES}) => console.log(JSON.stringify(RULES)))"
RANGES = {"decks": range(1, 9), "max_hands": range(2, 5)}


def test_every_rule_can_be_set_to_every_value() -> None:
    done = subprocess.run([node(), "-e", SHOW], cwd=ROOT, capture_output=True, text=True, check=True)
    offered = {rule["key"]: rule["options"] for rule in json.loads(done.stdout)}
    choices = {
        key: None if options is None else {each[0] for each in options} for key, options in offered.items()
    }
    assert choices == {field.name: _values(field) for field in msgspec.structs.fields(Rules)}


def _values(field: msgspec.structs.FieldInfo) -> set[object] | None:
    if issubclass(field.type, StrEnum):
        return {each.value for each in field.type}
    if field.type is bool:
        return {True, False}
    return set(RANGES[field.name]) if field.name in RANGES else None
