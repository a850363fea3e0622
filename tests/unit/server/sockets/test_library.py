"""The libraries are pinned, and as they are relied on; every part of them that is touched is named."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from server.sockets.fanout import PushManager
from server.sockets.library import PARTS, Part, change_of
from server.sockets.packets import Packet
from server.sockets.transport import SocketServer, _Engine

PROJECT = Path(__file__).parents[4] / "pyproject.toml"
PINNED = ("aiohttp", "python-engineio", "python-socketio")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.owner.__qualname__}.{part.name}")
def test_the_library_is_as_it_is_relied_on(part: Part) -> None:
    assert change_of(part) is None


@pytest.mark.parametrize("library", PINNED)
def test_the_library_is_pinned_to_the_version_that_is_here(library: str) -> None:
    dependencies = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]

    assert f"{library}=={version(library)}" in dependencies


@pytest.mark.parametrize("ours", [SocketServer, _Engine, PushManager, Packet])
def test_everything_of_a_library_that_is_replaced_is_named(ours: type) -> None:
    library = ours.__mro__[1]
    replaced = {name for name in vars(ours) if hasattr(library, name) and not name.startswith("__")}

    assert replaced <= {part.name for part in PARTS if issubclass(library, part.owner)}


def test_a_part_that_is_gone_or_takes_something_else_is_told() -> None:
    class Library:
        def kept(self, sid: str) -> None:
            """One."""

    def part(name: str, signature: str | None) -> Part:
        return Part(owner=Library, name=name, signature=signature, relied_on="called")

    assert change_of(part("kept", "(self, sid: str) -> None")) is None
    assert "is gone" in (change_of(part("lost", None)) or "")
    assert "takes (self, sid: str) -> None, not (self)" in (change_of(part("kept", "(self)")) or "")
