"""Redaction: no secret gets through, and what is no secret stays readable."""

import enum
from collections import deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.redaction import TOO_MUCH, Redactor
from telemetry.secrecy import REDACTED, SECRET_KEYS, squeeze

CANARY = "T0PSECRET"
redactor = Redactor()

WIRE_KEYS = (
    *("password", "token", "secret", "api_key", "access_token", "refresh_token", "private_key"),
    *("session_id", "credit_card", "ssn", "authorization", "cookie", "csrf"),
)


def spellings(key: str) -> set[str]:
    """A key as people write it."""
    words = key.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    return {
        key,
        key.upper(),
        camel,
        camel[0].upper() + camel[1:],
        "-".join(words),
        "-".join(words).upper(),
        "-".join(word.capitalize() for word in words),
        " ".join(words),
        ".".join(words),
        "".join(words),
        "".join(c.upper() if i % 2 else c for i, c in enumerate(key)),
        f"x-{key}",
        f"user_{key}",
        f"{key}s" if key != "ssn" else key,
    }


ALL_SPELLINGS = sorted(spelling for key in WIRE_KEYS for spelling in spellings(key))


@pytest.mark.parametrize("key", ALL_SPELLINGS)
def test_a_secret_key_is_known_in_every_spelling(key: str) -> None:
    assert redactor.facts({key: CANARY}) == {key: REDACTED}


@pytest.mark.parametrize(
    "key",
    [
        *(
            "table_id",
            "class_name",
            "cross_site",
            "name",
            "user_id",
            "round_id",
            "command_id",
            "session",
            "author",
        ),
        *("amount", "key", "operation", "secretary", "card", "cards", "id", "", "_", "9", "tok", "passenger"),
    ],
)
def test_other_keys_are_left_alone(key: str) -> None:
    assert redactor.facts({key: "main-1"}) == {key: "main-1"}


def test_more_keys_can_be_secret_in_every_spelling_too() -> None:
    stricter = Redactor(("server_seed",))
    assert stricter.value({"serverSeed": CANARY, "seed": 1}) == {"serverSeed": REDACTED, "seed": 1}


@pytest.mark.parametrize("value", [CANARY, 7, None, True, [CANARY], {"a": CANARY}, b"x", 1.5])
def test_a_secret_of_any_kind_is_cut_whole(value: object) -> None:
    assert redactor.value({"password": value}) == {"password": REDACTED}


@dataclass(frozen=True)
class Login:
    """What somebody logs in with."""

    name: str
    password: str
    seed: str = field(default=CANARY, repr=False)


class Visit(msgspec.Struct):
    """Who came, and how."""

    email: str
    cookie: str
    login: Login | None = None


class Colour(enum.StrEnum):
    """A suit's colour."""

    RED = "red"


class Loud(Exception):
    """Says too much."""


class Unreadable:
    """Has no text."""

    def __repr__(self) -> str:
        raise RuntimeError(CANARY)


Pair = namedtuple("Pair", "name token")  # noqa: PYI024 # a plain one, as libraries make them


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Login("moe", CANARY), {"name": "moe", "password": REDACTED, "seed": REDACTED}),
        (
            Visit("user@example.com", CANARY, Login("moe", CANARY)),
            {
                "email": "u***r@example.com",
                "cookie": REDACTED,
                "login": {"name": "moe", "password": REDACTED, "seed": REDACTED},
            },
        ),
        (Pair("moe", CANARY), {"name": "moe", "token": REDACTED}),
        (Loud(f"password={CANARY}"), {"type": "Loud", "message": "password=[REDACTED]"}),
        ([("Cookie", CANARY), ["x", "y"]], [["Cookie", REDACTED], ["x", "y"]]),
        ([(b"authorization", CANARY.encode())], [["authorization", REDACTED]]),
        (["login", "--password", CANARY, "--json"], ["login", "--password", REDACTED, "--json"]),
        (b"token=T0PSECRET", "token=[REDACTED]"),
        ({b"token": CANARY, 5: "x"}, {"token": REDACTED, "5": "x"}),
        ({"user@example.com": 1, "a\nb": 2}, {"u***r@example.com": 1, "a\\nb": 2}),
        (Colour.RED, "red"),
        ({Colour.RED: Colour.RED}, {"red": "red"}),
        (deque(["user@example.com"]), ["u***r@example.com"]),
        ({"user@example.com"}, ["u***r@example.com"]),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (1 << 70, str(1 << 70)),
        (1 << 62, 1 << 62),
        (Unreadable(), "[UNREADABLE RuntimeError]"),
        ((None, True, 1.5), [None, True, 1.5]),
    ],
)
def test_values_of_every_kind_are_looked_into(value: object, shown: object) -> None:
    assert shown == redactor.value(value)


def test_a_value_that_contains_itself_ends() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert TOO_MUCH in str(redactor.value(endless))


def test_a_small_value_that_unfolds_without_end_is_cut() -> None:
    bomb: list[object] = ["x"]
    for _ in range(40):
        bomb = [bomb, bomb]
    assert len(str(redactor.value(bomb))) < 200_000


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
innocent_keys = st.text(max_size=10).filter(lambda key: not redactor.is_secret(key))
secret_keys = st.sampled_from(ALL_SPELLINGS)
hidden = st.dictionaries(
    secret_keys, st.just(CANARY) | st.just([CANARY]) | st.just({"a": CANARY}), max_size=3
)


def wrapped(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Values around a value."""
    return (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(innocent_keys, inner, max_size=3)
        | st.builds(
            lambda some, more: {**some, **more}, st.dictionaries(innocent_keys, inner, max_size=2), hidden
        )
        | inner.map(Loud)
        | inner.map(lambda value: Visit("x", CANARY, value))  # type: ignore[arg-type] # any value will do
        | inner.map(lambda value: Login(value, CANARY))  # type: ignore[arg-type] # any value will do
    )


nested = st.recursive(scalars | hidden, wrapped, max_leaves=12)


@given(nested)
def test_no_canary_survives_in_any_structure_and_the_answer_is_json(value: object) -> None:
    shown = redactor.value(value)
    assert CANARY not in orjson.dumps(shown).decode()


@given(
    st.recursive(
        scalars | hidden,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(innocent_keys, inner),
        max_leaves=8,
    )
)
def test_no_canary_survives_in_json_in_a_string(value: object) -> None:
    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # integers and texts that JSON has no form for
        return
    twice = orjson.dumps({"body": text}).decode()
    assert CANARY not in redactor.text(text)
    assert CANARY not in redactor.text(twice)
    assert CANARY not in redactor.text(f"sent {text}")
    assert CANARY not in redactor.text(text[:-1])
    assert CANARY not in redactor.text(repr(value))


@given(st.dictionaries(innocent_keys, scalars, max_size=3))
def test_the_value_that_is_shown_is_left_as_it_was(value: dict[str, object]) -> None:
    before = dict(value)
    redactor.value(value)
    assert before == value


def test_keys_are_the_ones_that_the_contract_names() -> None:
    assert {squeeze(key) for key in WIRE_KEYS} <= SECRET_KEYS
