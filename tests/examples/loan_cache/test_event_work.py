"""Tests of what the event function does with one event."""

import base64
from typing import Any

import pytest
from loan_cache.entry import Kind, State
from loan_cache.expiry import APPLIED_DAYS, KEPT_DAYS

from processor.errors import Permanent
from tests.examples.loan_cache.bodies import NOW, USER, loan, request
from tests.examples.loan_cache.conftest import Cache

DAY = 86_400


def facts(event: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"action": event.split("_")[0], "event": event, "outcome": outcome, **more}


def test_an_event_is_applied_once(cache: Cache) -> None:
    """A repetition is superseded by itself, and an older event by a newer one."""
    assert cache.take(loan("LOAN_RENEWED")) == facts("LOAN_RENEWED", "applied")
    assert cache.take(loan("LOAN_RENEWED")) == facts("LOAN_RENEWED", "superseded")
    assert cache.take(loan("LOAN_CREATED")) == facts("LOAN_CREATED", "superseded")
    assert [entry.id for entry in cache.entries(USER)] == ["L1"]


def test_loans_and_requests_have_a_table_each(cache: Cache) -> None:
    """The ids of the two can be the same."""
    cache.take(loan(loan_id="1"))
    cache.take(request(request_id="1"))
    assert [entry.kind for entry in cache.entries(USER)] == [Kind.LOAN]
    assert [entry.kind for entry in cache.entries(USER, Kind.REQUEST)] == [Kind.REQUEST]


def test_f92_a_late_loan_created_does_not_bring_a_returned_loan_back(cache: Cache) -> None:
    """Not in the same second, not on the last day of the tombstone, and not after it is gone."""
    cache.take(loan("LOAN_RETURNED"))
    assert cache.take(loan("LOAN_CREATED"))["outcome"] == "superseded"
    cache.clock.now = NOW + (APPLIED_DAYS - 1) * DAY
    assert cache.take(loan("LOAN_CREATED"))["outcome"] == "superseded"
    cache.clock.now = NOW + (KEPT_DAYS + 1) * DAY
    cache.dynamodb.delete_item(TableName="loans", Key={"User": {"S": USER}, "Id": {"S": "L1"}})
    assert cache.take(loan("LOAN_CREATED")) == facts("LOAN_CREATED", "too-old")
    assert cache.entries(USER) == []


@pytest.mark.parametrize(
    "event", ["LOAN_CREATED", "LOAN_RENEWED", "LOAN_DUE_DATE", "LOAN_LOST", "LOAN_CLAIMED_RETURNED"]
)
def test_f93_any_event_can_be_the_first_one_of_a_loan(cache: Cache, event: str) -> None:
    """It carries everything, so the loan is whole."""
    assert cache.take(loan(event)) == facts(event, "applied")
    [entry] = cache.entries(USER)
    assert (entry.state, entry.content["title"]) == (State.ACTIVE, "Tides of the Inner Harbour")
    assert cache.count_fills() == 0


def test_f93_an_incomplete_event_asks_for_a_fill_each_time_it_is_processed(cache: Cache) -> None:
    """Also the second time: the first attempt may have ended between the two calls."""
    assert cache.take(loan(title=None)) == facts("LOAN_CREATED", "applied", is_incomplete=True)
    assert [entry.state for entry in cache.entries(USER)] == [State.INCOMPLETE]
    assert cache.take(loan(title=None)) == facts("LOAN_CREATED", "superseded", is_incomplete=True)
    assert cache.count_fills() == 2


def test_an_unknown_event_replaces_the_loan_by_an_incomplete_one(cache: Cache) -> None:
    """What was stored may be wrong now, so it is not shown any more."""
    cache.take(loan())
    cache.take(loan("LOAN_RECALLED", "2026-05-20T10:00:01Z"))
    assert [entry.state for entry in cache.entries(USER)] == [State.INCOMPLETE]
    assert cache.count_fills() == 1


def test_an_event_from_the_future_is_a_dead_letter(cache: Cache) -> None:
    """It would hide all later events; an operator replays it when its time has come."""
    with pytest.raises(Permanent, match="in the future"):
        cache.take(loan(time="2026-05-20T12:05:01Z"))
    assert cache.entries(USER) == []


def test_a_request_of_nobody_is_noted(cache: Cache) -> None:
    """It is no failure."""
    assert cache.take(request(user_primary_id=None)) == facts("REQUEST_CREATED", "nobody")


def test_a_body_in_base64_is_read(cache: Cache) -> None:
    """SNS carries bytes that are no text like this, with an attribute."""
    body = base64.b64encode(loan())
    assert cache.take(body, {"encoding": "base64"})["outcome"] == "applied"


@pytest.mark.parametrize(
    ("body", "encoding", "field"),
    [(b"[1]", "utf-8", "action"), (b"not JSON", "utf-8", ""), (b"{}", "s3", "encoding"), (b"%", "base64", "encoding")],
)
def test_what_is_no_event_is_a_dead_letter(cache: Cache, body: bytes, encoding: str, field: str) -> None:
    """A pointer to S3 too: no loan is too large for a message."""
    with pytest.raises(Permanent) as caught:
        cache.take(body, {"encoding": encoding})
    assert (caught.value.cause_class, caught.value.field) == ("not-parsed", field)


def test_an_unknown_code_is_not_logged(cache: Cache) -> None:
    """It could be anything that Alma sends."""
    assert cache.take(loan("of Maren"))["event"] == "(not a code)"


def test_an_item_that_was_not_deleted_is_in_the_log(cache: Cache) -> None:
    """The metric filter of the template counts it."""
    cache.take(loan())
    cache.clock.now = NOW + (KEPT_DAYS + 8) * DAY
    assert cache.take(loan("LOAN_RENEWED", "2026-10-01T10:00:00Z")) == facts("LOAN_RENEWED", "applied", is_overdue=True)
