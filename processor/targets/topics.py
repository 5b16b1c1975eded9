"""Publishes bodies, or pointers to large ones, with their attributes to SNS topics."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from processor.delivery import MAX_MESSAGE_BYTES, TopicDelivery, offload_if_too_large
from processor.errors import Permanent
from processor.fair_group import group_parameter
from processor.heartbeat import ROUTE, TOPIC, TOPIC_RESERVED
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.retries import code_of
from processor.targets.target import Sent, arn_of, sending, typed_attributes

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topics:
    """SNS topics by name or ARN. `heartbeat` is the ARN of the heartbeat's topic, which accepts nothing else.

    `most` is the size in bytes up to which the topics of `arns` accept a message; others accept what all topics do.
    """

    def __init__(
        self,
        client: "SNSClient",
        arns: dict[str, str],
        overflow: OverflowBucket,
        *,
        heartbeat: str,
        most: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self._client = client
        self._arns = {**arns, TOPIC: heartbeat}
        self._overflow = overflow
        self._heartbeat = heartbeat
        self._most = dict.fromkeys(arns.values(), most)

    def deliver(self, delivery: TopicDelivery) -> Sent:
        """Publish once ("Publish", Amazon SNS API Reference). Raise Permanent, Transient."""
        arn = arn_of(delivery, self._arns)
        if arn == self._heartbeat and delivery.route != ROUTE.name:
            # `routes check` does not know rendered names or the ARNs of the stack.
            raise Permanent("no-target", TOPIC_RESERVED, route=delivery.route, target=delivery.target)
        fits = offload_if_too_large(delivery, self._overflow.put, self._most.get(arn, MAX_MESSAGE_BYTES))
        with sending(delivery):
            try:
                self._publish(arn, fits)
            except ClientError as error:
                if fits.size <= MAX_MESSAGE_BYTES or code_of(error) != "InvalidParameter":
                    raise
                # During a deployment the topic can accept less than the setting of the function.
                self._publish(arn, offload_if_too_large(fits, self._overflow.put))
        return Sent(Outcome.DELIVERED)

    def _publish(self, arn: str, delivery: TopicDelivery) -> None:
        self._client.publish(
            TopicArn=arn,
            Message=delivery.message,
            MessageAttributes=typed_attributes(delivery.attributes),
            **group_parameter(delivery.fair_group, arn),
            **delivery.parameters,
        )
