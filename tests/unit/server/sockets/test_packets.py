"""Frames: what is a packet, what is JSON that will be refused, and what ends the connection."""

import math
from typing import Any

import pytest
from socketio.packet import ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT

from server.sockets.packets import MalformedPacketError, Packet, event_frame


def read(frame: str) -> Any:
    """A packet as the server reads it."""
    return Packet(encoded_packet=frame)


@pytest.mark.parametrize(
    ("frame", "kind", "namespace", "number", "data"),
    [
        ('0{"token":"t"}', CONNECT, None, None, {"token": "t"}),
        ("0", CONNECT, None, None, None),
        ("0/admin", CONNECT, "/admin", None, None),
        ('0/admin,{"token":"t"}', CONNECT, "/admin", None, {"token": "t"}),
        ('0/admin?x=1,{"token":"t"}', CONNECT, "/admin", None, {"token": "t"}),
        ("1/admin,", DISCONNECT, "/admin", None, None),
        ('212["act",{"a":1}]', EVENT, None, 12, ["act", {"a": 1}]),
        ('2/admin,7["start_run",{}]', EVENT, "/admin", 7, ["start_run", {}]),
        ('2["a",{"x":1,"x":2}]', EVENT, None, None, ["a", {"x": 2}]),
        ("2[5]", EVENT, None, None, [5]),
        ('31["ok"]', ACK, None, 1, ["ok"]),
        ('51-3["a",{"_placeholder":true,"num":0}]', BINARY_EVENT, None, 3, None),
    ],
)
def test_a_well_formed_frame_is_read(
    frame: str, kind: int, namespace: str | None, number: int | None, data: object
) -> None:
    packet = read(frame)

    assert (kind, namespace, number) == (packet.packet_type, packet.namespace, packet.id)
    assert kind == BINARY_EVENT or data == packet.data


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "7",
        "x",
        "²",
        "2",
        "2{}",
        "2[]",
        "2null",
        '2"act"',
        '2["act"',
        '2["act"]]',
        "2['act']",
        '2["act",{"a":1,}]',
        '2["act",{a:1}]',
        '2["act","\x01"]',
        "2undefined",
        '21-["act"]',
        '5["act"]',
        '5999-["act"]',
        "2/" + "x" * 80 + ',["act"]',
        "2" + "1" * 40 + '["act"]',
        "0{",
    ],
)
def test_what_is_no_packet_is_told_apart(frame: str) -> None:
    packet = Packet()

    with pytest.raises(MalformedPacketError):
        packet.decode(frame)


def test_numbers_that_json_lacks_are_read_so_that_they_can_be_refused_with_an_answer() -> None:
    assert math.isnan(read('21["a",NaN]').data[1])
    assert math.inf == read('21["a",1e400]').data[1]
    assert math.inf == read(f'21["a",{"9" * 5000}]').data[1]
    assert isinstance(read('21["a",123456789012345678901234]').data[1], float)


def test_half_a_character_is_read_so_that_it_can_be_refused_with_an_answer() -> None:
    assert read('21["a","\\ud800"]').data == ["a", "\ud800"]


def test_json_that_is_too_deep_is_an_event_that_there_is_not() -> None:
    assert read('21["a",' + "[" * 5000 + "]" * 5000 + "]").data == [None]


def test_an_event_is_encoded_once_for_every_socket() -> None:
    frame = event_frame("/admin", "queue_updated", {"waiting": 1})

    assert frame.encode() == '42/admin,["queue_updated",{"waiting":1}]'
    assert frame.encode() is frame.encode()


def test_what_json_cannot_hold_is_not_sent() -> None:
    with pytest.raises(TypeError):
        event_frame("/", "balance_changed", {"balance": object()})
