"""The documents name every call, command and event, and refer to nothing that they don't hold."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from games.blackjack.rules import Rules
from server.http.app import CALLS
from server.http.asyncapi import asyncapi_document
from server.http.openapi import openapi_document
from server.sockets.wire import ADMIN_COMMANDS, PLAYER_COMMANDS

CONTRACT = (
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/guest",
    "POST /api/auth/logout",
    "POST /api/auth/logout-everywhere",
    "POST /api/auth/password",
    "POST /api/auth/upgrade",
    "GET /api/me",
    "POST /api/me/top-up",
    "GET /api/tables",
    "GET /api/tables/{id}",
    "GET /api/presets",
    "GET /api/rounds",
    "GET /api/rounds/{id}",
    "GET /api/shoes/{commitment}",
    "GET /api/transfers",
    "GET /api/syndicates",
    "POST /api/syndicates",
    "GET /api/syndicates/{id}",
    "PATCH /api/syndicates/{id}",
    "POST /api/syndicates/{id}/join",
    "POST /api/syndicates/{id}/leave",
    "POST /api/syndicates/{id}/contribute",
    "GET /api/syndicates/{id}/members",
    "GET /api/syndicates/{id}/payouts",
    "GET /api/admin/metrics",
    "GET /api/admin/payouts/status",
    "POST /api/admin/payouts/run",
    "GET /api/admin/payouts/runs",
    "GET /api/admin/payouts/runs/{id}",
    "GET /api/admin/payouts/runs/{id}/payouts",
    "POST /api/admin/payouts/runs/{id}/cancel",
    "POST /api/admin/payouts/runs/{id}/retry",
    "POST /api/admin/payouts/{payout_id}/retry",
    "POST /api/admin/payouts/pause",
    "POST /api/admin/payouts/resume",
    "GET /api/admin/tables",
    "POST /api/admin/tables",
    "PATCH /api/admin/tables/{id}",
    "POST /api/admin/tables/{id}/close",
    "POST /api/admin/tables/{id}/open",
    "POST /api/admin/tables/{id}/void",
    "POST /api/admin/tables/{id}/kick",
    "GET /api/admin/users",
    "POST /api/admin/users/{id}/credit",
    "POST /api/admin/users/{id}/suspend",
    "POST /api/admin/users/{id}/unsuspend",
    "POST /api/admin/users/{id}/mute",
    "POST /api/admin/users/{id}/unmute",
    "GET /api/admin/actions",
)


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def holds(document: Any, reference: str) -> bool:
    """Whether a document holds what a reference names."""
    node = document
    for part in reference.removeprefix("#/").split("/"):
        if part not in node:
            return False
        node = node[part]
    return True


@pytest.fixture(scope="module")
def openapi() -> Any:
    """The document of the HTTP calls."""
    return msgspec.json.decode(openapi_document(CALLS))


@pytest.fixture(scope="module")
def asyncapi() -> Any:
    """The document of the sockets."""
    return msgspec.json.decode(asyncapi_document())


def test_every_call_of_the_contract_is_there_and_no_other(openapi: Any) -> None:
    named = {f"{method.upper()} {path}" for path, calls in openapi["paths"].items() for method in calls}
    assert named == set(CONTRACT)


def test_the_documents_refer_to_nothing_that_is_missing(openapi: Any, asyncapi: Any) -> None:
    for document in (openapi, asyncapi):
        missing = [name for name in references(document) if not holds(document, name)]
        assert missing == []


def test_every_call_says_what_it_does_and_has_a_name_of_its_own(openapi: Any) -> None:
    operations = [call for calls in openapi["paths"].values() for call in calls.values()]
    assert all(operation["summary"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_every_rule_of_a_table_can_be_given(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    assert list(schemas["GivenRules"]["properties"]) == list(Rules.__struct_fields__)
    assert "preset" in schemas["CreateTable"]["properties"]
    assert "preset" in schemas["ChangeTable"]["properties"]


def test_every_parameter_of_a_path_is_declared(openapi: Any) -> None:
    for path, calls in openapi["paths"].items():
        for call in calls.values():
            declared = {each["name"] for each in call["parameters"] if each["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_only_what_anybody_may_call_needs_no_token(openapi: Any) -> None:
    public = {
        f"{method.upper()} {path}"
        for path, calls in openapi["paths"].items()
        for method, call in calls.items()
        if not call["security"]
    }
    assert public == {
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/guest",
        "GET /api/tables",
        "GET /api/tables/{id}",
        "GET /api/presets",
        "GET /api/rounds/{id}",
        "GET /api/shoes/{commitment}",
    }


def test_every_socket_command_and_event_is_there(asyncapi: Any) -> None:
    player, admin = asyncapi["channels"]["player"]["messages"], asyncapi["channels"]["admin"]["messages"]
    assert set(PLAYER_COMMANDS) <= set(player)
    assert set(ADMIN_COMMANDS) <= set(admin)
    assert {"welcome", "table_changed", "payout_completed", "server_restarting"} <= set(player)
    assert {"metrics_updated", "queue_updated", "run_progressed", "alert_raised"} <= set(admin)
