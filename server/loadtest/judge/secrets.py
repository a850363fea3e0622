"""Whether a frame held what nobody may know: a hidden card, a shoe's seed before its time, a session's token.

A seed needs no other proof than itself: it is what hashes to a commitment that a table has shown.
"""

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.transcript import Said

_CARD: Final = re.compile(r"[A23456789TJQK][SHDC]")
_HEX: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9_+/-])[A-Za-z0-9_+/-]{43}(?![A-Za-z0-9_+/-])")
_PUBLIC: Final = frozenset(("commitment", "next_commitment"))
_WORDS: Final = frozenset(("name", "text"))  # what people write
_HIDDEN: Final = "??"
_OPEN_PHASES: Final = frozenset(("insurance", "playing"))  # in which the hole card is hidden


class SecretWatch:
    """Looks at every frame; `judge` says what was in them once every commitment is known."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._commitments: set[str] = set()
        self._suspects: dict[str, Said] = {}

    def look(self, said: Said, text: str, payload: object) -> None:
        """Take a frame in."""
        self._findings.looked_at("frames")
        view = _view_of(said, payload)
        public: set[str] = set()
        if view is not None:
            public = {view[name] for name in _PUBLIC if isinstance(view.get(name), str)}
            self._commitments |= public
            self._look_at_hole(said, view)
        self._look_at_cards(said, payload, view)
        for found in (*_HEX.findall(text), *_BASE64.findall(text)):
            if found not in public:
                self._suspects.setdefault(found, said)

    def hashes(self) -> list[bytes]:
        """The hashes of all that may be a session's token."""
        return [hashlib.sha256(suspect.encode()).digest() for suspect in self._suspects]

    def judge(self, token_hashes: Iterable[bytes] = ()) -> None:
        """`token_hashes` are those that the database has sessions for, where it is known."""
        hashes = frozenset(token_hashes)
        for suspect, said in self._suspects.items():
            if any(hashlib.sha256(seed).hexdigest() in self._commitments for seed in _bytes_of(suspect)):
                self._add(said, "seed_leaked", "the seed of a shoe whose commitment a table shows")
            if hashlib.sha256(suspect.encode()).digest() in hashes:
                self._add(said, "token_leaked", "the token of a session")

    def _look_at_hole(self, said: Said, view: Mapping[str, Any]) -> None:
        if view["phase"] in _OPEN_PHASES and any(card != _HIDDEN for card in view["dealer"]["cards"][1:]):
            cards = " ".join(view["dealer"]["cards"])
            self._add(said, "hidden_card_leaked", f"the dealer shows {cards} before the players are done")

    def _look_at_cards(self, said: Said, payload: object, view: Mapping[str, Any] | None) -> None:
        """A card in a place where no card belongs, and that the view itself does not show."""
        visible = set() if view is None else set(_cards_of(view))
        for where, text in _texts(payload, "$"):
            if _CARD.fullmatch(text) and text not in visible:
                self._add(said, "hidden_card_leaked", f"{text} stands at {where}")

    def _add(self, said: Said, kind: str, detail: str) -> None:
        view = said.view
        self._findings.add(
            Finding(
                kind=kind,
                detail=f"{said.event or 'an ack'}: {detail}",
                table_id=view.table_id if view else None,
                version=view.version if view else None,
            )
        )


def _view_of(said: Said, payload: object) -> Mapping[str, Any] | None:
    if said.view is None or not isinstance(payload, dict):
        return None
    view: Mapping[str, Any] = payload if said.event else payload["table"]
    return view


def _cards_of(view: Mapping[str, Any]) -> Iterator[str]:
    yield from view["dealer"]["cards"]
    for seat in view["seats"]:
        for hand in seat["hands"]:
            yield from hand["cards"]


def _texts(value: object, where: str) -> Iterator[tuple[str, str]]:
    """Every text of a frame with its place, but those that people write."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{where}[{number}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in _WORDS:
                yield from _texts(item, f"{where}.{name}")


def _bytes_of(suspect: str) -> Iterator[bytes]:
    if len(suspect) == 64:
        yield bytes.fromhex(suspect)
    else:
        yield b64decode(suspect.replace("-", "+").replace("_", "/") + "=")
