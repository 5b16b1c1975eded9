"""Ingest answers every gateway event, and answers 5XX only for its own failures."""

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
def test_f19_any_gateway_event_is_answered_or_rejected(event: Any) -> None:
    """Ingest answers 5XX for a malformed gateway event only if a body marked as Base64 is not Base64 (0 here)."""
    case = Case(known=(SECRET,))
    assert status_of(case, event) in {200, 400, 401, 404, 405, 0}
    assert case.queue.messages == []


@given(from_any_client())
def test_f19_no_client_request_causes_a_5xx_and_no_unsigned_request_is_queued(event: dict[str, Any]) -> None:
    """Ingest answers an unsigned request with 4XX, because a 5XX would cause retries and alarms."""
    case = Case(known=(SECRET,))
    assert status_of(case, event) in {200, 400, 401, 404, 405}
    assert case.queue.messages == []


@given(signed())
def test_f11_a_signed_body_is_accepted_with_any_other_headers(request: tuple[dict[str, Any], bytes]) -> None:
    """Ingest queues the signed body of a request with arbitrary other headers and members."""
    event, body = request
    case = Case(known=("another", SECRET))
    assert status_of(case, event) == 200
    [message] = case.queue.messages
    assert decoded(message, *case.bucket.bodies).body == body


@given(signed())
def test_f09_without_the_secret_store_a_signed_body_is_neither_accepted_nor_rejected(
    request: tuple[dict[str, Any], bytes],
) -> None:
    """Ingest answers 503 while it cannot read the secrets."""
    assert status_of(Case(DOWN), request[0]) == 503


@example(event_of(HTTP_API, "POST", "/webhooks/alma", {"x-exl-signature": "x"}, b"x"))
@given(EVENTS)
@settings(max_examples=100)
def test_f19_the_handler_answers_every_event_in_the_format_of_the_gateway(event: Any) -> None:
    """The handler answers every event with a status and a JSON body, and can write its log lines."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as output:
        patch.setattr(Watched, "deadline", None)  # the handler makes its own deadline
        patch.setattr(handler, "_READY", handler._Ready(Case(known=(SECRET,)).listener, Metrics("dev")))
        answer = handler.lambda_handler(event, None)
    assert answer["statusCode"] in {200, 400, 401, 404, 405, 503}
    assert answer["body"].isascii()
    assert '"reason": "failed"' not in output.getvalue()
