"""Passwords are hashed with Argon2id, beside the loop, a bounded number at a time."""

import asyncio
import unicodedata

import pytest

from server.errors import InvalidPayload, RateLimited
from server.identity.passwords import Cost, Passwords, checked_password

CHEAP = Cost(memory_kib=8, iterations=1)


@pytest.fixture
def passwords() -> Passwords:
    """Cheap ones."""
    return Passwords(cost=CHEAP, waiting_max=4)


async def test_the_right_password_fits_its_hash_and_another_does_not(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(hashed, "correct horse")
    assert not await passwords.verify(hashed, "Correct horse")


async def test_one_password_has_another_hash_each_time(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_composed_and_decomposed_letters_are_one_password(passwords: Passwords) -> None:
    hashed = await passwords.hash("Zoë is here")
    assert await passwords.verify(hashed, unicodedata.normalize("NFD", "Zoë is here"))


async def test_without_a_hash_nothing_fits_not_even_what_is_verified_instead(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "nobody has this password")


async def test_a_hash_that_is_none_fits_nothing(passwords: Passwords) -> None:
    assert not await passwords.verify("not a hash", "correct horse")


async def test_a_hash_of_another_cost_is_outdated(passwords: Passwords) -> None:
    old = await Passwords(cost=Cost(memory_kib=16, iterations=1)).hash("correct horse")
    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(await passwords.hash("correct horse"))


async def test_past_the_limit_one_is_asked_to_come_back(passwords: Passwords) -> None:
    tries = await asyncio.gather(*(passwords.hash("correct horse") for _ in range(9)), return_exceptions=True)
    assert sum(isinstance(outcome, RateLimited) for outcome in tries) == 5
    assert await passwords.hash("correct horse")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129])
def test_a_password_of_the_wrong_length_is_refused_with_its_field(password: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        checked_password(password, "new")
    assert refusal.value.facts() == {"field": "new"}


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "🂡" * 8])
def test_a_password_of_the_right_length_is_taken(password: str) -> None:
    assert checked_password(password) == password
