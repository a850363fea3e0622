"""Untrusted bytes become typed values, or the refusal that says what is wrong with them."""

from typing import Annotated
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from server.errors import InvalidPayload
from server.http.payouts import StartRun
from server.http.reading import NotParsable, decode, page_in, printable, uuid_in


class Inner(msgspec.Struct, frozen=True):
    """Something inside."""

    deep: int


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Something of everything."""

    amount: Annotated[int, Meta(ge=1, le=10**12)]
    name: Annotated[str, Meta(max_length=5)] = "x"
    on: bool = False
    inner: Inner | None = None
    items: list[int] = []


NOT_PARSABLE = {
    "nothing but a brace": b"{",
    "no JSON": b"amount=5",
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": Infinity}',
    "a leading zero": b'{"amount": 01}',
    "a plus sign": b'{"amount": +1}',
    "trailing garbage": b'{"amount": 5} {}',
    "garbage after a wrong type": b'{"amount": true, oops',
    "single quotes": b"{'amount': 5}",
    "a trailing comma": b'{"amount": 5,}',
    "a comment": b'{"amount": 5 /* cents */}',
    "a byte order mark": b'\xef\xbb\xbf{"amount": 5}',
    "no UTF-8": b'{"amount": 5, "name": "\xff"}',
    "UTF-16": '{"amount": 5}'.encode("utf-16"),
    "a lone surrogate": b'{"amount": 5, "name": "\\ud800"}',
    "a raw control character": b'{"amount": 5, "name": "a\nb"}',
    "NUL bytes": b"\x00\x00",
    "far too deep": b'{"amount": 5, "other": ' + b"[" * 8_000 + b"]" * 8_000 + b"}",
    "only white space": b"  ",
}

WRONG = {
    "a float": (b'{"amount": 5.0}', "amount"),
    "an exponent": (b'{"amount": 1e2}', "amount"),
    "a huge exponent": (b'{"amount": 1e400}', "amount"),
    "true": (b'{"amount": true}', "amount"),
    "text": (b'{"amount": "5"}', "amount"),
    "null": (b'{"amount": null}', "amount"),
    "an array": (b'{"amount": [5]}', "amount"),
    "zero": (b'{"amount": 0}', "amount"),
    "negative": (b'{"amount": -5}', "amount"),
    "above the bound": (b'{"amount": 1000000000001}', "amount"),
    "above 64 bits": (b'{"amount": 99999999999999999999999}', "amount"),
    "missing": (b"{}", "amount"),
    "no body": (b"", "amount"),
    "the last of two keys counts": (b'{"amount": 5, "amount": "x"}', "amount"),
    "a number for a text": (b'{"amount": 5, "name": 7}', "name"),
    "too long a text": (b'{"amount": 5, "name": "abcdef"}', "name"),
    "a number for a switch": (b'{"amount": 5, "on": 1}', "on"),
    "something inside": (b'{"amount": 5, "inner": {"deep": "x"}}', "inner.deep"),
    "missing inside": (b'{"amount": 5, "inner": {}}', "inner.deep"),
    "an item": (b'{"amount": 5, "items": [1, "x"]}', "items[1]"),
    "a list": (b"[]", None),
    "a text alone": (b'"amount"', None),
    "null alone": (b"null", None),
}


@pytest.mark.parametrize("raw", NOT_PARSABLE.values(), ids=NOT_PARSABLE.keys())
def test_what_is_no_json_is_not_parsable(raw: bytes) -> None:
    with pytest.raises(NotParsable):
        decode(raw, Body)


@pytest.mark.parametrize(("raw", "field"), WRONG.values(), ids=WRONG.keys())
def test_json_of_the_wrong_shape_is_refused_with_its_field(raw: bytes, field: str | None) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        decode(raw, Body)
    assert refusal.value.facts() == ({} if field is None else {"field": field})


def test_json_of_the_right_shape_is_typed_and_what_nobody_knows_is_left_out() -> None:
    raw = b'{"amount": 7, "amount": 5, "name": "Zo\xc3\xab", "unheard": 1e400, "on": true}'
    assert decode(raw, Body) == Body(amount=5, name="Zoë", on=True)


def test_a_misspelt_key_of_an_operator_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        decode(b'{"command_id": "abcdefgh", "dryrun": true}', StartRun)
    assert refusal.value.facts() == {"field": "dryrun"}


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "+5", " 5", "5 ", "5.0", "1e2", "０", "five", "true", "05", "9999999999999"]
)
def test_a_page_has_from_one_to_two_hundred_items(limit: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        page_in({"limit": limit})
    assert refusal.value.facts() == {"field": "limit"}


@pytest.mark.parametrize(("query", "limit"), [({}, 50), ({"limit": "1"}, 1), ({"limit": "200"}, 200)])
def test_a_page_has_fifty_items_unless_told_otherwise(query: dict[str, str], limit: int) -> None:
    assert page_in(query).limit == limit


@pytest.mark.parametrize("cursor", ["x", "a\x00b", "x" * 300, "{0}", "00000000000000000000000000000000"])
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        page_in({"before": cursor}).before_id()
    assert refusal.value.facts() == {"field": "before"}


def test_an_empty_cursor_is_none() -> None:
    assert page_in({"before": "", "after": ""}).before_id() is None


@pytest.mark.parametrize(
    "text", ["", "1", "{}", "urn:uuid:" + "0" * 32, "0" * 32, "g" * 8 + "-0000" * 3 + "-" + "0" * 12]
)
def test_an_id_is_written_in_its_usual_form_only(text: str) -> None:
    assert uuid_in(text) is None


def test_an_id_may_be_in_capitals() -> None:
    text = "018F4E9A-7B00-7000-8000-00000000ABCD"
    assert uuid_in(text) == UUID(text)


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\u202e", "   "])
def test_what_can_not_be_read_is_no_reason(text: str) -> None:
    with pytest.raises(InvalidPayload):
        printable(text, "reason")
