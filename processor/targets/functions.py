"""Invokes Lambda functions asynchronously. Does not wait for a result."""

from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from processor.delivery import FunctionDelivery
from processor.outcomes import Outcome
from processor.size_limits import check_fits
from processor.targets.target import Sent, arn_of, sending

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Functions:
    """Lambda functions by ARN."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def deliver(self, delivery: FunctionDelivery) -> Sent:
        """Put the event on Lambda's own queue ("Invoke", AWS Lambda API Reference). Raise Permanent, Transient."""
        arn = arn_of(delivery, {})
        check_fits(delivery)
        with sending(delivery):
            answer = self._client.invoke(FunctionName=arn, InvocationType="Event", Payload=delivery.payload.encode())
        with suppress(BotoCoreError):  # the event is accepted already and must not be sent again
            answer["Payload"].read()  # empty; if unread, each invocation opens a new connection (17 ms of CPU)
        return Sent(Outcome.DELIVERED)
