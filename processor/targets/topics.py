"""SNS topics as targets: publishes a body with its attributes. Subscribes nobody."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import TopicDelivery
from processor.outcomes import Outcome
from processor.targets.target import Sent, arn_of, failure_of, string_attributes

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topics:
    """SNS topics: publishes the body with its attributes."""

    def __init__(self, client: "SNSClient", arns: dict[str, str]) -> None:
        self._client = client
        self._arns = arns

    def deliver(self, delivery: TopicDelivery) -> Sent:
        """Publishes once ("Publish", Amazon SNS API Reference). Raises Permanent, Transient."""
        arn = arn_of(delivery, self._arns)
        try:
            self._client.publish(
                TopicArn=arn,
                Message=delivery.message,
                MessageAttributes=string_attributes(delivery.attributes),
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error, delivery) from None
        return Sent(Outcome.DELIVERED)
