"""How operators choose a table's rules: by name, by key, and what is refused with which field."""

from typing import Any

import msgspec
import pytest

from tests.integration.http.house import TABLE, Caller, House

NO_INTEGERS = ("true", "5.0", '"5"', "null", "1e2", "[6]", '{"decks": 6}', "99999999999999999999999", "1e400")
NO_SWITCHES = ("1", "0", '"true"', "null", "1.0", "[]", "{}", "[true]")
NO_WORDS = ("true", "1.5", "null", "[]", "{}", '""')
WRONG_RULES: dict[str, tuple[str, ...]] = {
    "decks": (*NO_INTEGERS, "0", "9", "-1"),
    "dealer_hits_soft_17": NO_SWITCHES,
    "blackjack_pays": (*NO_WORDS, '"2:1"', '"3:2 "', '["3:2"]'),
    "double": (*NO_WORDS, '"9-12"', '"ANY"', '["any"]'),
    "double_after_split": NO_SWITCHES,
    "max_hands": (*NO_INTEGERS, "1", "5"),
    "resplit_aces": NO_SWITCHES,
    "hit_split_aces": NO_SWITCHES,
    "split_by": (*NO_WORDS, '"suit"', '{"by": "rank"}'),
    "surrender": (*NO_WORDS, '"early"', "false"),
    "insurance": NO_SWITCHES,
    "dealer_peeks": NO_SWITCHES,
    "penetration": ("true", '"0.75"', "null", "[]", "{}", "0.49", "0.91", "0", "1", "-0.75", "1e400", "75"),
    "side_bets": ("true", "null"),
    "Decks": ("6",),
    "": ("1",),
}


async def operator(house: House) -> Caller:
    """An operator with one table."""
    admin = await house.admin()
    made = await admin.post("/api/admin/tables", TABLE)
    assert made.status == 201
    return admin


async def rules_now(admin: Caller) -> tuple[Any, Any]:
    """The rules of the only table there is, and what they are called."""
    (table,) = (await admin.get("/api/admin/tables")).body["items"]
    return table["rules"], table["preset"]


def written(**fields: object) -> bytes:
    """The body of a second table, whose rules are still to be written: `RULES`."""
    return msgspec.json.encode({**TABLE, "table_id": "test-2", **fields})


@pytest.mark.parametrize(("key", "values"), WRONG_RULES.items(), ids=[*WRONG_RULES])
async def test_a_wrong_rule_is_refused_with_its_name_and_changes_nothing(
    house: House, key: str, values: tuple[str, ...]
) -> None:
    admin = await operator(house)
    before = await rules_now(admin)
    for value in values:
        rules = b'{"%s": %s}' % (key.encode(), value.encode())
        table = written(rules="RULES").replace(b'"RULES"', rules)
        for method, path, raw in (
            ("POST", "/api/admin/tables", table),
            ("PATCH", "/api/admin/tables/test-1", b'{"rules": %s}' % rules),
            ("PATCH", "/api/admin/tables/test-1", b'{"preset": "reno", "rules": %s}' % rules),
        ):
            answer = await house.call(method, path, raw=raw, token=admin.token)
            assert answer.refusal == (422, "invalid_payload", f"rules.{key}".removesuffix(".")), raw
    assert await rules_now(admin) == before


async def test_a_rule_that_is_no_json_is_not_parsable(house: House) -> None:
    admin = await operator(house)
    for value in (b"NaN", b"Infinity", b"-Infinity", b"01", b"+1"):
        raw = b'{"rules": {"penetration": %s}}' % value
        answer = await house.call("PATCH", "/api/admin/tables/test-1", raw=raw, token=admin.token)
        assert (answer.status, answer.code) == (400, "invalid_payload")


async def test_rules_are_an_object(house: House) -> None:
    admin = await operator(house)
    wrong: tuple[object, ...] = (None, [], 5, "house", True)
    for rules in wrong:
        made = await admin.post("/api/admin/tables", {**TABLE, "table_id": "test-2", "rules": rules})
        changed = await admin.patch("/api/admin/tables/test-1", {"rules": rules})
        assert made.refusal == changed.refusal == (422, "invalid_payload", "rules")


async def test_a_name_that_no_preset_has_is_refused(house: House) -> None:
    admin = await operator(house)
    for preset in ("", "vegas", "Vegas-Strip", None, 5, True, ["house"], {"name": "house"}):
        made = await admin.post("/api/admin/tables", {**TABLE, "table_id": "test-2", "preset": preset})
        changed = await admin.patch("/api/admin/tables/test-1", {"preset": preset})
        assert made.refusal == changed.refusal == (422, "invalid_payload", "preset")
    assert len((await admin.get("/api/admin/tables")).body["items"]) == 1


async def test_null_is_no_value_of_a_setting(house: House) -> None:
    admin = await operator(house)
    for field in ("name", "min_bet", "max_bet", "seats", "betting_ms", "seat_hold_ms", "on_timeout", "hints"):
        answer = await admin.patch("/api/admin/tables/test-1", {field: None})
        assert answer.refusal == (422, "invalid_payload", field)


async def test_a_table_is_made_with_a_presets_rules_but_for_the_keys_beside_it(house: House) -> None:
    admin = await house.admin()
    table = {name: value for name, value in TABLE.items() if name != "rules"}
    strip = await admin.post("/api/admin/tables", {**table, "preset": "vegas-strip"})
    assert (strip.status, strip.body["preset"]) == (201, {"name": "vegas-strip", "title": "Vegas Strip"})
    assert (strip.body["rules"]["decks"], strip.body["rules"]["surrender"]) == (4, "none")
    mixed = {**table, "table_id": "test-2", "preset": "vegas-strip", "rules": {"decks": 8, "double": "9-11"}}
    own = await admin.post("/api/admin/tables", mixed)
    assert own.body["preset"] is None
    assert own.body["rules"] == {**strip.body["rules"], "decks": 8, "double": "9-11"}
    (_, action, *_) = (await admin.get("/api/admin/actions")).body["items"]
    assert action["facts"]["preset"] == "vegas-strip"


async def test_changed_rules_are_those_of_the_preset_or_else_the_defaults(house: House) -> None:
    admin = await operator(house)
    presets = {each["name"]: each["rules"] for each in (await admin.get("/api/presets")).body["items"]}
    path = "/api/admin/tables/test-1"
    reno = await admin.patch(path, {"preset": "reno"})
    assert reno.body["rules"] == presets["reno"]
    mixed = await admin.patch(path, {"preset": "reno", "rules": {"decks": 2}})
    assert mixed.body["rules"] == {**presets["reno"], "decks": 2}
    without = await admin.patch(path, {"rules": {"decks": 2}})
    assert without.body["rules"] == {**presets["house"], "decks": 2}
    same = await admin.patch(path, {"min_bet": 200})
    assert same.body["rules"] == without.body["rules"]


async def test_anybody_may_read_the_presets_and_make_the_same_rules_of_them(house: House) -> None:
    answer = await house.call("GET", "/api/presets")
    items = answer.body["items"]
    assert answer.status == 200
    assert {"house", "vegas-strip", "downtown", "european", "atlantic-city", "single-deck", "reno"} <= {
        each["name"] for each in items
    }
    for each in items:
        assert {"name", "title", "description", "source", "rules"} <= set(each)
        assert all(each[text] for text in ("title", "description", "source"))
    admin = await operator(house)
    for each in items:
        made = await admin.patch("/api/admin/tables/test-1", {"rules": each["rules"]})
        assert made.body["preset"] == {"name": each["name"], "title": each["title"]}


async def test_a_table_shows_its_players_what_its_rules_are_called(house: House) -> None:
    admin = await house.admin()
    await admin.post("/api/admin/tables", {**TABLE, "rules": {}, "preset": "downtown"})
    shown = (await house.call("GET", "/api/tables/test-1")).body
    (listed,) = (await house.call("GET", "/api/tables")).body["items"]
    assert shown["preset"] == listed["preset"] == {"name": "downtown", "title": "Vegas Downtown"}
