"""Session tokens: 256 random bits that only the client keeps; the house keeps their hashes."""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
_LENGTH_MAX: Final = 128


def new_token() -> str:
    """A fresh token, 43 characters safe in headers and cookies."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token. A plain SHA-256 is enough: 256 random bits can't be guessed from it."""
    return hashlib.sha256(token.encode()).digest()


def is_plausible(token: str) -> bool:
    """Whether this may be a token at all; what is not costs no query."""
    return 0 < len(token) <= _LENGTH_MAX and token.isascii()
