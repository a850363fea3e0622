"""Passwords: Argon2id in a few threads of their own, with a limit on how many may wait."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import InvalidPayload, RateLimited
from telemetry.measure import measure_duration

T = TypeVar("T")

LENGTH_MIN: Final = 8
LENGTH_MAX: Final = 128

_RETRY_AFTER_MS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hash costs: what OWASP's Password Storage Cheat Sheet recommends for Argon2id."""

    memory_kib: int = 19_456
    iterations: int = 2
    lanes: int = 1


def checked_password(raw: str, field: str = "password") -> str:
    """The password, if it is long enough and not too long; raises InvalidPayload for its field."""
    if not LENGTH_MIN <= len(raw) <= LENGTH_MAX:
        raise InvalidPayload(field, f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.")
    return raw


class Passwords:
    """Hashes and verifies beside the event loop; when more than `waiting_max` wait, it refuses."""

    def __init__(self, *, cost: Cost | None = None, threads: int = 2, waiting_max: int = 64) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(
            time_cost=cost.iterations, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")
        self._waiting = 0
        self._waiting_max = waiting_max
        # Verified when there is no such user, so that the answer takes as long as a wrong password does.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The password's hash with its parameters and a fresh salt; raises RateLimited."""
        async with measure_duration("identity:hash"):
            return await self._run(lambda: self._hasher.hash(_prepared(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; without a hash it never does, and takes as long. Raises RateLimited."""
        async with measure_duration("identity:verify"):
            return await self._run(lambda: self._fits(password_hash, password)) and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Let the threads end; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fits(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobody, _prepared(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._waiting_max:
            raise RateLimited(_RETRY_AFTER_MS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _prepared(password: str) -> str:
    """The same password from every keyboard: composed (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)
