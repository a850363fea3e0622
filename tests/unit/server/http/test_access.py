"""Where tokens come from, and which pages may write with a visitor's cookie."""

from typing import Final

import pytest
from aiohttp.test_utils import make_mocked_request

from server.http.access import ForeignOrigin, check_origin, token_of

ALLOWED = ("https://casino.example",)
COOKIE = {"Cookie": "casino_session=T"}

FINE: Final[tuple[dict[str, str], ...]] = (
    {"Authorization": "Bearer T", "Origin": "https://evil.example"},
    {"authorization": "bearer T"},
    {},
    {"Host": "localhost:8000"},
    {**COOKIE, "Host": "localhost:8000", "Origin": "http://localhost:8000"},
    {**COOKIE, "Host": "casino.internal", "Origin": "https://casino.internal"},
    {**COOKIE, "Host": "casino.internal", "Origin": "https://casino.internal:443"},
    {**COOKIE, "Host": "CASINO.internal:443", "Origin": "https://casino.internal"},
    {**COOKIE, "Host": "10.0.0.1", "Origin": "https://casino.example"},
    {"Host": "localhost:8000", "Origin": "http://localhost:8000"},
)

FOREIGN: Final[tuple[dict[str, str], ...]] = (
    COOKIE,
    {**COOKIE, "Host": "localhost:8000"},
    {**COOKIE, "Host": "localhost:8000", "Origin": "null"},
    {**COOKIE, "Host": "localhost:8000", "Origin": ""},
    {**COOKIE, "Host": "localhost:8000", "Origin": "https://evil.example"},
    {**COOKIE, "Host": "localhost:8000", "Origin": "http://localhost"},
    {**COOKIE, "Host": "localhost:8000", "Origin": "http://localhost:80000"},
    {**COOKIE, "Host": "casino.example", "Origin": "https://casino.example.evil.example"},
    {**COOKIE, "Host": "casino.example", "Origin": "https://evil-casino.example"},
    {**COOKIE, "Host": "casino.example", "Origin": "ftp://casino.example"},
    {**COOKIE, "Host": "casino.example", "Origin": "casino.example"},
    {"Host": "localhost:8000", "Origin": "https://evil.example"},
    {**COOKIE, "Authorization": "Basic T", "Host": "a", "Origin": "https://evil.example"},
)


@pytest.mark.parametrize("headers", FINE)
def test_the_casinos_own_pages_and_programs_may_write(headers: dict[str, str]) -> None:
    check_origin(make_mocked_request("POST", "/", headers=headers), ALLOWED)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_may_not_write(headers: dict[str, str]) -> None:
    with pytest.raises(ForeignOrigin):
        check_origin(make_mocked_request("POST", "/", headers=headers), ALLOWED)


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, None),
        ({"Authorization": "Bearer T"}, "T"),
        ({"Authorization": "bearer  T "}, "T"),
        ({"Authorization": "Bearer"}, ""),
        ({"Authorization": "Basic T"}, None),
        (COOKIE, "T"),
        ({**COOKIE, "Authorization": "Bearer U"}, "U"),
    ],
)
def test_the_header_goes_before_the_cookie(headers: dict[str, str], token: str | None) -> None:
    assert token_of(make_mocked_request("GET", "/", headers=headers)) == token
