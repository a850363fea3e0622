"""Frames of Engine.IO 4 and Socket.IO 5, as their protocol documents write them."""

import pytest

from server.loadtest import frames
from server.loadtest.frames import Ack, Event, Heard, Joined, Left, Noise, NotLetIn


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ('40{"sid":"x"}', Joined()),
        ('44{"message":"unauthorized","data":{"code":"unauthorized"}}', NotLetIn("unauthorized")),
        ('44{"message":"no"}', NotLetIn("no")),
        ("41", Left()),
        ("1", Left()),
        ('42["welcome",{"balance":5}]', Event("welcome", {"balance": 5})),
        ('42["nothing"]', Event("nothing", None)),
        ('4312[{"ok":true}]', Ack(12, {"ok": True})),
        ("430[]", Ack(0, None)),
        ("6", Noise()),
        ("42{", Noise()),
        ("43[]", Noise()),
        ("44nothing", Noise()),
        ("", Noise()),
    ],
)
def test_a_frame_says(frame: str, heard: Heard) -> None:
    assert frames.read(frame) == heard


def test_commands_are_written_as_events_with_a_number() -> None:
    assert frames.command_frame(7, "act", {"hand": 0}) == '427["act",{"hand":0}]'
    assert frames.join_frame("t") == '40{"token":"t"}'
