"""Server seeds: made by the operating system, kept wrapped, opened only to deal and to reveal."""

import secrets
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEED_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SeedUnreadable(Exception):
    """None of SHOE_KEYS opens this seed."""


class SeedVault:
    """Wraps seeds with the newest of the keys and opens them with any (AES-256-GCM, NIST SP 800-38D)."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._ciphers = tuple(AESGCM(_derive(key)) for key in keys)

    def __repr__(self) -> str:
        return f"SeedVault({len(self._ciphers)} keys)"

    def new_seed(self) -> bytes:
        """32 bytes from the operating system's generator."""
        return secrets.token_bytes(SEED_BYTES)

    def wrap(self, seed: bytes, table_id: str, shoe_number: int) -> bytes:
        """Nonce and ciphertext, bound to the shoe: moved to another row it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, seed, _bound_to(table_id, shoe_number))

    def unwrap(self, wrapped: bytes, table_id: str, shoe_number: int) -> bytes:
        """The seed; raises SeedUnreadable when no key fits."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(
                    wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _bound_to(table_id, shoe_number)
                )
            except InvalidTag:
                continue
        raise SeedUnreadable(f"{table_id} shoe {shoe_number}")


def credentials_key(database_url: str) -> bytes:
    """The key without SHOE_KEYS: from the database's credentials, so that a dump alone opens no seed."""
    parts = urlsplit(database_url)
    return f"{parts.username}:{parts.password}@{parts.path}".encode()


def _derive(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"moes-casino shoe seeds v1").derive(key)


def _bound_to(table_id: str, shoe_number: int) -> bytes:
    return f"{table_id}/{shoe_number}".encode()
