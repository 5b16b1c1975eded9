"""Measure the cold starts of the functions of notifications, beside the processor and a minimal function."""

import json
from itertools import count
from typing import Any, Final

from benchmarks.answers import SECRET, TOPIC_HASH
from benchmarks.bench_events import gateway_event, queued_envelope
from benchmarks.cold import First, Step, cold_rounds
from benchmarks.processor_part import PROCESSOR, first_deliveries
from benchmarks.rows import BARE, Bench, BenchRow
from ingest.envelope import Envelope
from notifications.notification import Notification

BOTO3_AND_JSON: Final = "boto3 + json"
PRODUCER: Final = "producer"
SENDER: Final = "sender"

_HEADERS: Final = {"x-api-key": SECRET, "x-topic-hash-x": TOPIC_HASH}
_PATH: Final = "/v1/notifications/library/jobs"


def measure(bench: Bench, rounds: int, step: Step) -> dict[str, Any]:
    """Return figures and ratios as JSON values. Raise FailedError if a post is not answered with 200."""
    place, packages, more = bench.place, bench.python.packages, bench.python.notification_packages
    deliveries = first_deliveries(bench)
    firsts = {
        BenchRow(BOTO3_AND_JSON, "boto3_and_json:lambda_handler", (place.handlers, packages)): deliveries,
        BenchRow(PROCESSOR, "processor.handler:lambda_handler", (place.processor, packages)): deliveries,
        BenchRow(PRODUCER, "notifications.producer_handler:lambda_handler", (place.notifications, more)): _posts(bench),
        BenchRow(SENDER, "notifications.sender_handler:lambda_handler", (place.notifications, more)): _queued(bench),
    }
    return cold_rounds(bench, firsts, rounds, (BARE, BOTO3_AND_JSON), step)


def _posts(bench: Bench) -> First:
    """Return a function that returns a post to the notifications API."""
    event = gateway_event(json.dumps({"metadata": {"title": "Les misérables"}}))
    event |= {"rawPath": _PATH, "headers": {**event["headers"], **_HEADERS}}
    return lambda: bench.place.keep_events("first-post", [event])


def _queued(bench: Bench) -> First:
    """Return a function that makes another notification each time: a text message, because it needs no address."""
    numbers = count()

    def make() -> Any:
        credentials = {"type": "sms", "to": "+4930123456"}
        identity = f"{next(numbers):064x}"
        notification = Notification("desk", credentials, "Les misérables is due", identity, "library+jobs")
        envelope = Envelope(notification.encode().encode(), "0" * 32, "2026-05-13T02:41:11.000Z", "notifications")
        return bench.place.keep_events("first-notification", [queued_envelope(envelope)])

    return make
