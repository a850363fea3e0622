"""Whose request it is, behind proxies that are trusted and others."""

from typing import Final

import pytest

from server.identity.addresses import LOCAL, Proxies, neighbourhood
from server.identity.tokens import is_plausible, new_token, token_hash

NO_PROXY = Proxies(())
BEHIND = Proxies(("10.0.0.0/8", "2001:db8:1::/48"))

CASES: Final[tuple[tuple[Proxies, str | None, list[str], str], ...]] = (
    (NO_PROXY, "192.0.2.7", [], "192.0.2.7"),
    (NO_PROXY, "192.0.2.7", ["198.51.100.9"], "192.0.2.7"),
    (NO_PROXY, "::ffff:192.0.2.7", [], "192.0.2.7"),
    (NO_PROXY, "fe80::1%eth0", [], "fe80::1"),
    (NO_PROXY, None, [], LOCAL),
    (NO_PROXY, "", ["198.51.100.9"], LOCAL),
    (BEHIND, "10.1.2.3", [], "10.1.2.3"),
    (BEHIND, "10.1.2.3", ["198.51.100.9"], "198.51.100.9"),
    (BEHIND, "10.1.2.3", ["203.0.113.1, 198.51.100.9"], "198.51.100.9"),
    (BEHIND, "10.1.2.3", ["198.51.100.9, 10.9.9.9"], "198.51.100.9"),
    (BEHIND, "10.1.2.3", ["198.51.100.9", "10.9.9.9"], "198.51.100.9"),
    (BEHIND, "10.1.2.3", ["10.7.7.7, 10.9.9.9"], "10.7.7.7"),
    (BEHIND, "10.1.2.3", ["nonsense, 198.51.100.9"], "198.51.100.9"),
    (BEHIND, "10.1.2.3", ["198.51.100.9, nonsense"], "10.1.2.3"),
    (BEHIND, "10.1.2.3", [""], "10.1.2.3"),
    (BEHIND, "192.0.2.7", ["198.51.100.9"], "192.0.2.7"),
    (BEHIND, "2001:db8:1::5", ["2001:db8:2::5"], "2001:db8:2::5"),
)


@pytest.mark.parametrize(("proxies", "peer", "forwarded", "expected"), CASES)
def test_the_client_is_the_nearest_hop_that_nobody_vouches_for(
    proxies: Proxies, peer: str | None, forwarded: list[str], expected: str
) -> None:
    assert proxies.client(peer, forwarded) == expected


def test_what_is_no_network_can_not_be_trusted() -> None:
    with pytest.raises(ValueError, match=r"proxy\.example"):
        Proxies(("proxy.example",))


def test_an_ipv6_subscriber_is_one_neighbourhood_and_an_ipv4_address_its_own() -> None:
    assert neighbourhood("2001:db8:0:1::5") == neighbourhood("2001:db8:0:1:ffff::9")
    assert neighbourhood("2001:db8:0:1::5") != neighbourhood("2001:db8:0:2::5")
    assert neighbourhood("192.0.2.7") == "192.0.2.7"
    assert neighbourhood(LOCAL) == LOCAL


def test_tokens_are_long_different_and_stored_as_hashes() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert len(token) >= 43
        assert is_plausible(token)
        assert token.encode() not in token_hash(token)


@pytest.mark.parametrize("token", ["", "x" * 129, "tökén", "\udc80"])
def test_what_can_not_be_a_token_is_not_looked_up(token: str) -> None:
    assert not is_plausible(token)
