"""Delivers to EventBridge event buses."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import EventBusDelivery
from processor.outcomes import Outcome
from processor.targets.target import Sent, arn_of, failure_by_code, failure_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBuses:
    """Event buses by ARN."""

    def __init__(self, client: "EventBridgeClient") -> None:
        self._client = client

    def deliver(self, delivery: EventBusDelivery) -> Sent:
        """Put one event ("PutEvents", Amazon EventBridge API Reference). Raise Permanent, Transient.

        A response with status 200 can contain a failed entry, which is a failure.
        """
        entry = {
            "EventBusName": arn_of(delivery, {}),
            "Source": delivery.source,
            "DetailType": delivery.detail_type,
            "Detail": delivery.detail,
        }
        try:
            answer = self._client.put_events(Entries=[entry])  # type: ignore[list-item]  # a dict of the entry's members
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error, delivery) from None
        if answer["FailedEntryCount"]:
            raise failure_by_code(answer["Entries"][0].get("ErrorCode", "unknown"), delivery)
        return Sent(Outcome.DELIVERED)
