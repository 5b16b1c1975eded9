"""Functions as targets: an asynchronous invocation with the fields of the event."""

import io

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from processor.delivery import FunctionDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.targets.functions import Functions

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:library"
DELIVERY = FunctionDelivery("r", FUNCTION, "key", '{"title": "ü"}')


def test_a_function_is_invoked_asynchronously() -> None:
    """Lambda queues the invocation; the payload is the fields of the event in UTF-8."""
    client = boto3.client("lambda")
    expected = {"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": '{"title": "ü"}'.encode()}
    answered = io.BytesIO(b"")
    with Stubber(client) as stub:
        stub.add_response("invoke", {"StatusCode": 202, "Payload": StreamingBody(answered, 0)}, expected)
        assert Functions(client).deliver(DELIVERY).outcome is Outcome.DELIVERED


def test_f30_a_payload_that_is_too_large_is_not_sent() -> None:
    """Lambda would refuse it every time."""
    client = boto3.client("lambda")
    large = FunctionDelivery("r", FUNCTION, "key", f'"{"x" * 1_048_576}"')
    with Stubber(client), pytest.raises(Permanent, match="too-large"):
        Functions(client).deliver(large)


class BrokenBody(io.BytesIO):
    """The body of a response that breaks off, and records that it was read."""

    was_read = False

    def read(self, _amount: int | None = None) -> bytes:
        self.was_read = True
        return b""


def test_the_answer_is_read_and_can_break_off() -> None:
    """An unread response would cost a connection, and an accepted invocation is not repeated if its body breaks off."""
    client = boto3.client("lambda")
    broken = BrokenBody()
    with Stubber(client) as stub:
        stub.add_response("invoke", {"StatusCode": 202, "Payload": StreamingBody(broken, 5)})
        assert Functions(client).deliver(DELIVERY).outcome is Outcome.DELIVERED
    assert broken.was_read


@pytest.mark.parametrize(
    ("code", "decision"), [("ResourceNotFoundException", Permanent), ("TooManyRequestsException", Transient)]
)
def test_errors_of_lambda(code: str, decision: type[Exception]) -> None:
    """A missing function is a permanent failure, a busy one is transient."""
    client = boto3.client("lambda")
    stub = Stubber(client)
    stub.add_client_error("invoke", code)
    with stub, pytest.raises(decision, match=code):
        Functions(client).deliver(DELIVERY)
