"""Tests of the messages of the fill queue."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from loan_cache.fill_requests import FillRequest, FillRequests

from processor.errors import Permanent, Transient
from tests.examples.loan_cache.bodies import USER


def test_a_request_is_read_as_it_was_written() -> None:
    """One that a person queues by hand may have capitals."""
    assert FillRequest.decode(FillRequest(USER).encode()) == FillRequest(USER)
    assert FillRequest.decode('{"user": " Invented-Patron-1 "}') == FillRequest(USER)


@pytest.mark.parametrize(
    "body", ["", "invented-patron-1", "[]", "{}", '{"user": ""}', '{"user": 1}', '{"user": null}', "[" * 99_999]
)
def test_another_body_is_a_dead_letter(body: str) -> None:
    """The cause says what is expected and quotes nothing."""
    with pytest.raises(Permanent, match=r'must be \{"user"') as caught:
        FillRequest.decode(body)
    assert (caught.value.cause_class, caught.value.field) == ("not-parsed", "user")


def test_a_queue_that_is_down_is_transient() -> None:
    """The event comes back, and asks again."""

    class Sqs:
        def send_message(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": USER}}, "SendMessage")

    sqs: Any = Sqs()
    with pytest.raises(Transient, match="fill queue") as caught:
        FillRequests(sqs, "url").send(FillRequest(USER))
    assert USER not in str(caught.value)
    assert USER not in repr(FillRequest(USER))
