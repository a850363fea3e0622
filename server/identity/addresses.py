"""Whose request it is: the peer's address, or what trusted proxies say of it."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

LOCAL: Final = "local"  # a unix socket has no address

_Address = IPv4Address | IPv6Address


class Proxies:
    """The proxies whose X-Forwarded-For is believed; raises ValueError for an entry that is no network."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = tuple(ip_network(entry, strict=False) for entry in trusted)

    def client(self, peer: str | None, forwarded_for: Sequence[str]) -> str:
        """The nearest hop that is no trusted proxy; `forwarded_for` are the header's lines in their order."""
        nearest = _parsed(peer or "")
        if nearest is None or not self._trusts(nearest):
            return LOCAL if nearest is None else str(nearest)
        hops = [hop.strip() for line in forwarded_for for hop in line.split(",")]
        for hop in reversed(hops):
            address = _parsed(hop)
            if address is None:
                break  # nobody vouches for what stands left of this
            nearest = address
            if not self._trusts(address):
                break
        return str(nearest)

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)


def neighbourhood(address: str) -> str:
    """What is limited together: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address


def _parsed(text: str) -> _Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
