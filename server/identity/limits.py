"""How often one address, name or user may try to sign in: token buckets, kept by this process."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from server.errors import RateLimited
from server.identity.addresses import neighbourhood
from telemetry.clock import Clock

KEYS_MAX: Final = 20_000  # buckets of one kind; past it those unused for longest are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`burst` at once, then one every `every_ms`."""

    burst: int
    every_ms: int


REGISTER: Final = Rate(burst=60, every_ms=2_000)
GUEST: Final = Rate(burst=60, every_ms=1_000)
LOGIN_ADDRESS: Final = Rate(burst=60, every_ms=1_000)
LOGIN_NAME: Final = Rate(burst=10, every_ms=6_000)


class Buckets:
    """One bucket for each key, full at first (the generic cell rate algorithm, ITU-T I.371)."""

    def __init__(self, clock: Clock, rate: Rate, *, keys_max: int = KEYS_MAX) -> None:
        self._clock = clock
        self._every_ns = rate.every_ms * 1_000_000
        self._depth_ns = (rate.burst - 1) * self._every_ns
        self._keys_max = keys_max
        self._due_ns: OrderedDict[str, int] = OrderedDict()  # when the bucket is full again

    def __len__(self) -> int:
        return len(self._due_ns)

    def wait_ms(self, key: str) -> int:
        """How long until the key has a token; 0 when it has one."""
        short_ns = self._due_ns.get(key, 0) - self._clock.monotonic_ns() - self._depth_ns
        return 0 if short_ns <= 0 else -(-short_ns // 1_000_000)

    def take(self, key: str) -> None:
        """Take a token of the key's."""
        due_ns = max(self._due_ns.pop(key, 0), self._clock.monotonic_ns())
        self._due_ns[key] = due_ns + self._every_ns
        if len(self._due_ns) > self._keys_max:
            self._due_ns.popitem(last=False)

    def give_back(self, key: str) -> None:
        """Put a token back that was taken."""
        if key in self._due_ns:
            self._due_ns[key] -= self._every_ns


class SignInLimits:
    """The limits on registering, signing in and guessing; every method raises RateLimited."""

    def __init__(self, clock: Clock, *, is_on: bool) -> None:
        self._is_on = is_on
        self._register = Buckets(clock, REGISTER)
        self._guest = Buckets(clock, GUEST)
        self._address = Buckets(clock, LOGIN_ADDRESS)
        self._name = Buckets(clock, LOGIN_NAME)

    def register(self, address: str) -> None:
        """An address makes an account."""
        self._admit((self._register, neighbourhood(address)))

    def guest(self, address: str) -> None:
        """An address asks for a guest."""
        self._admit((self._guest, neighbourhood(address)))

    def login(self, address: str, name: str) -> None:
        """An address tries a password for a name (or for a user's id)."""
        self._admit((self._address, neighbourhood(address)), (self._name, name))

    def succeeded(self, address: str, name: str) -> None:
        """The password was right: the try does not count."""
        self._address.give_back(neighbourhood(address))
        self._name.give_back(name)

    def _admit(self, *wanted: tuple[Buckets, str]) -> None:
        if not self._is_on:
            return
        wait_ms = max(buckets.wait_ms(key) for buckets, key in wanted)
        if wait_ms:
            raise RateLimited(wait_ms)
        for buckets, key in wanted:
            buckets.take(key)
