"""Watch whether events leave the webhook queue again. Receives none.

"GetQueueAttributes", Amazon SQS API Reference: the counts are approximate.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.cli.plural import plural

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_SECONDS: Final = 120.0
_PAUSE_SECONDS: Final = 2.0


class Flow(NamedTuple):
    """What the counts of the queue showed; `is_healthy` is false only if no waiting event left it."""

    is_healthy: bool
    message: str


def watch(
    sqs: "SQSClient", queue_url: str, sleep: Callable[[float], None] = time.sleep, seconds: float = _SECONDS
) -> Flow:
    """Wait, at most two minutes, until the processor has received waiting events."""
    first = last = _waiting(sqs, queue_url)
    if not first:
        return Flow(
            is_healthy=True, message="no event is waiting on the webhook queue, so the fix is not verified by one"
        )
    deadline = time.monotonic() + seconds
    while last >= first and time.monotonic() < deadline:
        sleep(_PAUSE_SECONDS)
        last = _waiting(sqs, queue_url)
    if last >= first:
        waiting = plural(last, "event is", "events are")
        message = f"not verified: about {waiting} still waiting on the webhook queue, {first} before"
        return Flow(is_healthy=False, message=message)
    return Flow(is_healthy=True, message=f"events are processed: the queue held about {first}, now about {last}")


def _waiting(sqs: "SQSClient", queue_url: str) -> int:
    name: Final = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])["Attributes"][name])
