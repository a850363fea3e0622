"""Frames: what is a packet, what is JSON that will be refused, and what ends the connection."""

import math

import pytest
from socketio.packet import ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT

from server.sockets.packets import (
    Incoming,
    MalformedPacketError,
    ack_frame,
    event_frame,
    read_packet,
    text_frame,
)


def read(packet: str) -> Incoming:
    """A packet as the server reads it."""
    return read_packet("4" + packet)


@pytest.mark.parametrize(
    ("frame", "kind", "namespace", "number", "data"),
    [
        ('0{"token":"t"}', CONNECT, "/", None, {"token": "t"}),
        ("0", CONNECT, "/", None, None),
        ("0/admin", CONNECT, "/admin", None, None),
        ('0/admin,{"token":"t"}', CONNECT, "/admin", None, {"token": "t"}),
        ('0/admin?x=1,{"token":"t"}', CONNECT, "/admin", None, {"token": "t"}),
        ("1/admin,", DISCONNECT, "/admin", None, None),
        ('212["act",{"a":1}]', EVENT, "/", 12, ["act", {"a": 1}]),
        ('2/admin,7["start_run",{}]', EVENT, "/admin", 7, ["start_run", {}]),
        ('2["a",{"x":1,"x":2}]', EVENT, "/", None, ["a", {"x": 2}]),
        ("2[5]", EVENT, "/", None, [5]),
        ('31["ok"]', ACK, "/", 1, ["ok"]),
        ('51-3["a",{"_placeholder":true,"num":0}]', BINARY_EVENT, "/", 3, None),
    ],
)
def test_a_well_formed_frame_is_read(
    frame: str, kind: int, namespace: str, number: int | None, data: object
) -> None:
    packet = read(frame)

    assert (kind, namespace, number) == (packet.kind, packet.namespace, packet.id)
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
    with pytest.raises(MalformedPacketError):
        read(frame)


def test_numbers_that_json_lacks_are_read_so_that_they_can_be_refused_with_an_answer() -> None:
    assert math.isnan(read('21["a",NaN]').data[1])
    assert math.inf == read('21["a",1e400]').data[1]
    assert math.inf == read(f'21["a",{"9" * 5000}]').data[1]
    assert isinstance(read('21["a",123456789012345678901234]').data[1], float)


def test_half_a_character_is_read_so_that_it_can_be_refused_with_an_answer() -> None:
    assert read('21["a","\\ud800"]').data == ["a", "\ud800"]


def test_json_that_is_too_deep_is_an_event_that_there_is_not() -> None:
    assert read('21["a",' + "[" * 5000 + "]" * 5000 + "]").data == [None]


def test_a_packet_of_another_kind_than_a_message_is_none() -> None:
    assert read('0{"a":1}').attachments == 0
    assert read('51-3["a",{"_placeholder":true,"num":0}]').attachments == 1


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_says_its_length_as_rfc_6455_has_it(size: int, head: bytes) -> None:
    message = b"x" * size

    assert text_frame(message).data == head + message


def test_an_event_and_an_ack_are_written_as_the_protocol_has_them() -> None:
    event = event_frame("/admin", "log_written", {"line": 1}).data
    own = event_frame("/", "said", {"n": 1}).data
    ack = ack_frame("/", 12, {"ok": True}).data
    admins = ack_frame("/admin", 7, {"ok": False}).data

    assert event[2:] == b'42/admin,["log_written",{"line":1}]'
    assert own[2:] == b'42["said",{"n":1}]'
    assert ack[2:] == b'4312[{"ok":true}]'
    assert admins[2:] == b'43/admin,7[{"ok":false}]'


def test_only_what_tells_a_whole_state_may_give_way_to_a_newer_one() -> None:
    view = event_frame("/", "table_changed", {"table_id": "main-1", "version": 7})
    other = event_frame("/", "table_changed", {"table_id": "main-2", "version": 7})
    watchers = event_frame("/", "presence_changed", {"table_id": "main-1", "watchers": 2})

    assert view.version == 7
    assert len({view.key, other.key, watchers.key, None}) == 4
    for event in ("welcome", "balance_changed", "payout_completed", "syndicate_paid", "said", "log_written"):
        assert event_frame("/", event, {"table_id": "main-1"}).key is None
    assert ack_frame("/", 1, {"table_id": "main-1"}).key is None


def test_what_json_cannot_hold_is_not_sent() -> None:
    with pytest.raises(TypeError):
        event_frame("/", "balance_changed", {"balance": object()})
