"""Sends bodies, or pointers to large ones, to SQS queues; never to the webhook queue."""

from typing import TYPE_CHECKING

from processor.delivery import QueueDelivery, offload_if_too_large
from processor.errors import Permanent
from processor.fair_group import group_parameter
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.targets.target import Sent, arn_of, sending, typed_attributes

_COLONS_OF_A_QUEUE = 5

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Queues:
    """SQS queues by ARN; `webhook_queue` is the ARN of the webhook queue, to which nothing is sent."""

    def __init__(self, client: "SQSClient", overflow: OverflowBucket, *, webhook_queue: str) -> None:
        self._client = client
        self._overflow = overflow
        self._webhook_queue = webhook_queue
        self._urls: dict[str, str] = {}

    def deliver(self, delivery: QueueDelivery) -> Sent:
        """Send once ("SendMessage", Amazon SQS API Reference). Raise Permanent, Transient."""
        arn = arn_of(delivery, {})
        if _place_of(arn) == _place_of(self._webhook_queue):
            raise Permanent("refused", "the target is the webhook queue, so the event would loop forever")
        if arn.count(":") != _COLONS_OF_A_QUEUE or arn.split(":")[3] != self._client.meta.region_name:
            raise Permanent("no-target", "the target is not the ARN of a queue in the stack's region")
        fits = offload_if_too_large(delivery, self._overflow.put)
        with sending(delivery):
            self._client.send_message(
                QueueUrl=self._url(arn),
                MessageBody=fits.message,
                MessageAttributes=typed_attributes(fits.attributes),
                **group_parameter(fits.fair_group, arn),
                **fits.parameters,
            )
        return Sent(Outcome.DELIVERED)

    def _url(self, arn: str) -> str:
        if arn not in self._urls:
            account, name = arn.split(":")[4:6]
            self._urls[arn] = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        return self._urls[arn]


def _place_of(arn: str) -> list[str]:
    """Return region, account and name, which identify a queue in any partition."""
    return arn.split(":")[3:]
