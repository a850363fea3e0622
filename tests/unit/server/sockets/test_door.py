"""Origins: whose pages may open a socket."""

import pytest

from server.sockets.door import origin_rule


@pytest.mark.parametrize(
    ("allowed", "origin", "host", "is_allowed"),
    [
        (("https://casino.example",), "https://casino.example", "casino.example", True),
        (("https://casino.example",), "http://casino.example", "casino.example", False),
        (("https://casino.example",), "https://evil.example", "evil.example", False),
        ((), "http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ((), "http://127.0.0.1:8001", "127.0.0.1:8000", False),
        ((), "https://evil.example", "127.0.0.1:8000", False),
        ((), "null", "127.0.0.1:8000", False),
        ((), "file://127.0.0.1:8000", "127.0.0.1:8000", False),
    ],
)
def test_only_pages_of_an_allowed_origin_may_connect(
    allowed: tuple[str, ...], origin: str, host: str, *, is_allowed: bool
) -> None:
    environ = {"HTTP_HOST": host, "HTTP_X_FORWARDED_HOST": "evil.example"}

    assert origin_rule(allowed)(origin, environ) is is_allowed
