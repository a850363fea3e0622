"""Every refusal has the status that the wire contract gives it, and only its own facts."""

from typing import Any, Final

import msgspec
import pytest

from economy import errors as economy
from games.blackjack.errors import BetOutOfRange, InvalidConfig, TableIsClosed
from games.loop import TableBusy
from server import errors
from server.errors import Refusal
from server.http.answering import fault_answer, refusal_answer, status_of, value_answer
from server.http.reading import NotParsable, TooLarge

STATUSES: Final[tuple[tuple[Any, int], ...]] = (
    (NotParsable(), 400),
    (errors.Unauthorized(), 401),
    (errors.InvalidCredentials(), 401),
    (errors.Forbidden(), 403),
    (economy.Forbidden(), 403),
    (errors.Suspended(), 403),
    (errors.NotFound(), 404),
    (economy.NotFound(), 404),
    (errors.UnknownTable(), 404),
    (errors.NameTaken(), 409),
    (errors.LimitReached(), 409),
    (errors.CommandIdReused(), 409),
    (economy.CommandIdReused(), 409),
    (economy.InsufficientFunds(), 409),
    (economy.RunInProgress(), 409),
    (economy.AlreadyMember(), 409),
    (economy.PlanExpired(), 409),
    (economy.LimitReached(), 409),
    (TableIsClosed(), 409),
    (TooLarge(), 413),
    (errors.InvalidPayload("name"), 422),
    (InvalidConfig("rules.decks"), 422),
    (errors.RateLimited(1_200), 429),
    (errors.Internal("r"), 500),
    (TableBusy(), 503),
    (errors.ServerRestarting(), 503),
)


@pytest.mark.parametrize(("refusal", "status"), STATUSES, ids=lambda value: type(value).__name__)
def test_a_refusal_has_its_status(refusal: Refusal, status: int) -> None:
    assert status_of(refusal) == status


def test_a_refusal_is_told_with_code_message_and_facts() -> None:
    body = refusal_answer(BetOutOfRange(100, 5_000)).body  # type: ignore[arg-type] # plain cents do here
    assert isinstance(body, bytes)
    assert msgspec.json.decode(body) == {
        "error": {
            "code": "bet_out_of_range",
            "message": "The bet is outside the table's limits.",
            "min_bet": 100,
            "max_bet": 5_000,
        }
    }


def test_who_is_too_fast_hears_when_to_come_back() -> None:
    response = refusal_answer(errors.RateLimited(1_200))
    assert response.headers["Retry-After"] == "2"
    assert isinstance(response.body, bytes)
    assert msgspec.json.decode(response.body)["error"]["retry_after_ms"] == 1_200


def test_of_a_fault_nothing_is_told_but_where_the_log_has_it() -> None:
    body = fault_answer("ref-1", passing=False).body
    assert isinstance(body, bytes)
    error = msgspec.json.decode(body)["error"]
    assert (error["code"], error["reference"]) == ("internal", "ref-1")
    assert set(error) == {"code", "message", "reference"}


def test_nothing_to_say_has_no_body() -> None:
    response = value_answer(None)
    assert (response.status, response.body) == (204, None)
