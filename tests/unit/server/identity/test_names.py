"""What people may call themselves."""

import pytest

from server.errors import InvalidPayload
from server.identity.guests import guest_name
from server.identity.names import checked_name, name_key

ALLOWED = ("Moe", "Moe Szyslak", "x" * 20, "007", "Łukasz", "Ωmega 3", "李小龙", "a-b_c.d!", "Zoë", "ﬁsh")

REFUSED = {
    "short": "ab",
    "long": "x" * 21,
    "empty": "",
    "long in its compatibility form": "ﷺﷺﷺ",
    "space at the start": " abc",
    "space at the end": "abc ",
    "two spaces": "a  b",
    "tab": "a\tb",
    "newline": "a\nbc",
    "NUL": "a\x00bc",
    "escape": "abc\x1b[31m",
    "no-break space": "a\u00a0bc",
    "em space": "a\u2003bc",
    "ideographic space": "a\u3000bc",
    "zero width space": "ab\u200bc",
    "zero width joiner": "ab\u200dc",
    "right-to-left override": "abc\u202ecba",
    "byte order mark": "\ufeffabc",
    "soft hyphen": "ab\u00adc",
    "tag character": "abc\U000e0041",
    "private use": "abc\ue000",
    "unassigned": "abc\U000e0fff",
    "line separator": "ab\u2028c",
    "Hangul filler": "\u3164\u3164\u3164",
    "braille blank": "a\u2800b",
    "becomes a space": "\u00a8abc",
    "only marks": "\u0301\u0301\u0301",
    "starts with a mark": "\u0301abc",
    "a heap of marks": "a\u0332\u0332\u0332\u0332bc",
    "only punctuation": "---",
}

SAME = (
    ("Moe", "moe"),
    ("MOE", "moe"),
    ("Straße", "STRASSE"),
    ("ﬁsh", "fish"),
    ("Ｍｏｅ", "moe"),
    ("Zoe\u0308", "Zoë"),
    ("Å-one", "Å-one"),
    ("ΣΑΣ", "σας"),
)


@pytest.mark.parametrize("name", ALLOWED)
def test_an_ordinary_name_is_taken_as_it_is(name: str) -> None:
    assert checked_name(name).text == name


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED.keys())
def test_a_name_that_deceives_or_does_not_fit_is_refused_with_its_field(name: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        checked_name(name)
    assert refusal.value.facts() == {"field": "name"}
    assert str(refusal.value).startswith("A name ")


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_look_alike_in_case_or_form_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_different_names_have_different_keys() -> None:
    assert len({name_key(name) for name in ALLOWED}) == len(ALLOWED)


def test_a_key_is_its_own_key() -> None:
    for name in ALLOWED:
        assert name_key(name_key(name)) == name_key(name)


def test_the_shortest_and_the_longest_made_up_names_are_allowed() -> None:
    for number in range(9_000):
        name = guest_name(lambda below, number=number: number % below)  # type: ignore[misc] # bound now
        assert checked_name(name).text == name
