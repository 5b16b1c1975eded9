"""Requests at ingest: every gateway event gets a response, and only our own faults are a 5XX."""

import contextlib
import io
from typing import Any

import pytest
from hypothesis import example, given, settings

from ingest import handler
from ingest.gateway import request_of
from ingest.metrics import Metrics
from ingest.receive import RejectedRequest
from tests.envelopes import decoded
from tests.fuzz.gateway_events import EVENTS, SECRET, event_of, from_any_client, signed
from tests.ingest.fake_ports import DEADLINE, Watched
from tests.ingest.test_gateway import HTTP_API
from tests.ingest.test_receive import DOWN, Case


def status_of(case: Case, event: Any) -> int:
    try:
        case.listener.answer(request_of(event), DEADLINE)
    except RejectedRequest as rejected:
        return 0 if rejected.facts["reason"] == "unreadable-body" else int(rejected.status)
    return 200


@example({**HTTP_API, "body": "\ud800", "headers": {"x-exl-signature": "\ud800"}})
@given(EVENTS)
def test_f19_no_event_of_the_gateway_raises_anything_but_a_rejection(event: Any) -> None:
    """Wrong types, odd names, no members at all: a 5XX only for what the gateway calls Base64 and is none (0 here)."""
    case = Case(known=(SECRET,))
    assert status_of(case, event) in {200, 400, 401, 404, 405, 0}
    assert case.queue.messages == []


@given(from_any_client())
def test_f19_nothing_that_a_client_sends_is_a_5xx_and_nothing_unsigned_is_queued(event: dict[str, Any]) -> None:
    """A 5XX makes Alma send again, and a monitor ring: it is kept for what is ours."""
    case = Case(known=(SECRET,))
    assert status_of(case, event) in {200, 400, 401, 404, 405}
    assert case.queue.messages == []


@given(signed())
def test_f11_a_signed_body_is_accepted_whatever_comes_with_it(request: tuple[dict[str, Any], bytes]) -> None:
    """The body that the queue then holds is the one that was signed."""
    event, body = request
    case = Case(known=("another", SECRET))
    assert status_of(case, event) == 200
    [message] = case.queue.messages
    assert decoded(message, *case.bucket.bodies).body == body


@given(signed())
def test_f09_without_the_secret_store_a_signed_body_is_neither_accepted_nor_rejected(
    request: tuple[dict[str, Any], bytes],
) -> None:
    """Whatever comes with it, it is a 503: nobody knows."""
    assert status_of(Case(DOWN), request[0]) == 503


@example(event_of(HTTP_API, "POST", "/webhooks/alma", {"x-exl-signature": "x"}, b"x"))
@given(EVENTS)
@settings(max_examples=100)
def test_f19_the_handler_answers_every_event_in_the_gateways_form(event: Any) -> None:
    """Composed as on Lambda but for the clients: a status, a JSON body, and lines that can be written."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as output:
        patch.setattr(Watched, "deadline", None)  # the handler makes one of its own
        patch.setattr(handler, "_READY", handler._Ready(Case(known=(SECRET,)).listener, Metrics("dev")))
        answer = handler.lambda_handler(event, None)
    assert answer["statusCode"] in {200, 400, 401, 404, 405, 503}
    assert answer["body"].isascii()
    assert '"reason": "failed"' not in output.getvalue()
