"""Delivers to EventBridge event buses."""

from typing import TYPE_CHECKING

from processor.delivery import EventBusDelivery
from processor.outcomes import Outcome
from processor.retries import failure_by_code
from processor.size_limits import check_fits
from processor.targets.target import Sent, arn_of, sending

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
        check_fits(delivery)
        with sending(delivery):
            answer = self._client.put_events(Entries=[entry])  # type: ignore[list-item]  # a dict of the entry's members
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "unknown")
            raise failure_by_code(code, "refused", route=delivery.route, target=delivery.target)
        return Sent(Outcome.DELIVERED)
