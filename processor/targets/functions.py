"""Lambda functions as targets: invokes asynchronously with an event's fields. Waits for no result."""

from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import FunctionDelivery
from processor.outcomes import Outcome
from processor.targets.target import Sent, arn_of, failure_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Functions:
    """Lambda functions by ARN."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def deliver(self, delivery: FunctionDelivery) -> Sent:
        """Hands the event to Lambda's own queue ("Invoke", AWS Lambda API Reference). Raises Permanent, Transient."""
        try:
            answer = self._client.invoke(
                FunctionName=arn_of(delivery, {}), InvocationType="Event", Payload=delivery.payload.encode()
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error, delivery) from None
        with suppress(BotoCoreError):  # it is accepted already, and must not be handed over again
            answer["Payload"].read()  # empty; left unread, each invocation makes a connection of its own (17 ms of CPU)
        return Sent(Outcome.DELIVERED)
