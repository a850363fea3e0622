"""What was seen of the tables, held against the journal: every view is the fold of the events before it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import orjson

from games.blackjack.state import TableState
from games.blackjack.view import view
from server.loadtest import frames
from server.loadtest.judge.findings import Finding, Findings
from server.loadtest.transcript import Said, digest_of, text_of, view_in

_MOMENT: Final = ("deadline", "deadline_ms")
_SHOWN: Final = 3  # places of one view that are told


@dataclass(slots=True)
class _Seen:
    """What clients here saw of one version: by digest, one frame that showed it."""

    frames: dict[bytes, Said] = field(default_factory=dict)


class ViewWatch:
    """Looks at every frame; each version must look alike to all, and like the journal's."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._seen: defaultdict[tuple[str, int], _Seen] = defaultdict(_Seen)

    def look(self, said: Said, _text: str, _payload: object) -> None:
        """Take a frame in."""
        if said.view is not None:
            seen = self._seen[said.view.table_id, said.view.version]
            seen.frames.setdefault(said.view.digest, said)

    def judge_alike(self) -> None:
        """Without a journal: nobody saw another version than the others under the same number."""
        for (table_id, version), seen in self._seen.items():
            self._findings.looked_at("versions")
            if len(seen.frames) > 1:
                first, *others = (plain_view(said) for said in seen.frames.values())
                for other in others:
                    what = "; ".join(differences(first, other, strict=True)) or "they differ"
                    self._add("views_disagree", table_id, version, what)

    def judge_state(self, state: TableState, version: int) -> None:
        """What was seen of this version is what the journal says."""
        table_id = state.config.table_id
        seen = self._seen.get((table_id, version))
        if seen is None:
            return
        self._findings.looked_at("versions_in_journal")
        right = plain(state, version)
        digest = digest_of(right)
        for seen_digest, said in seen.frames.items():
            if seen_digest == digest:
                continue
            shown = plain_view(said)
            hidden = _shown_hole(right, shown)
            if hidden is not None:
                self._add("hidden_card_leaked", table_id, version, f"the hole card {hidden} was shown")
            what = "; ".join(differences(right, shown))
            if what:
                self._add("view_wrong", table_id, version, what)

    def versions_of(self, table_id: str) -> set[int]:
        """The versions of the table that were seen."""
        return {version for seen_id, version in self._seen if seen_id == table_id}

    def _add(self, kind: str, table_id: str, version: int, detail: str) -> None:
        self._findings.add(Finding(kind=kind, detail=detail, table_id=table_id, version=version))


def plain(state: TableState, version: int) -> dict[str, Any]:
    """The view that the journal gives, as JSON has it, without the moment's deadline."""
    made = view(state, version=version, deadline=None, deadline_ms=None)
    read: dict[str, Any] = orjson.loads(msgspec.json.encode(made))
    return read


def plain_view(said: Said) -> dict[str, Any]:
    """The view that a frame showed."""
    heard = frames.read(text_of(said))
    payload = heard.payload if isinstance(heard, frames.Event) else getattr(heard, "answer", None)
    return view_in(said.event, payload) or {}


def differences(right: object, shown: object, where: str = "", *, strict: bool = False) -> list[str]:
    """Where what was shown is not what is right; fields that only it has are allowed unless `strict`."""
    return list(_differences(right, shown, where, strict=strict))[:_SHOWN]


def _differences(right: object, shown: object, where: str, *, strict: bool) -> Iterator[str]:
    if isinstance(right, dict) and isinstance(shown, dict):
        for name in right.keys() | (shown.keys() if strict else set()):
            if name not in _MOMENT:
                inner = f"{where}.{name}" if where else name
                yield from _differences(right.get(name), shown.get(name), inner, strict=strict)
    elif isinstance(right, list) and isinstance(shown, list) and len(right) == len(shown):
        for number, (one, other) in enumerate(zip(right, shown, strict=True)):
            yield from _differences(one, other, f"{where}[{number}]", strict=strict)
    elif right != shown:
        yield f"{where} is {_text(shown)}, right is {_text(right)}"


def _text(value: object) -> str:
    return orjson.dumps(value).decode()[:120]


def _shown_hole(right: dict[str, Any], shown: dict[str, Any]) -> str | None:
    """The card that was shown where a hidden one lies."""
    for one, other in zip(right["dealer"]["cards"], shown["dealer"]["cards"], strict=False):
        if one == "??" != other:
            return str(other)
    return None
