"""Whether events leave the webhook queue again, by SQS' own counts. Receives none.

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
    """What was seen, and whether nothing speaks against it."""

    is_well: bool
    told: str


def watch(
    sqs: "SQSClient", queue_url: str, sleep: Callable[[float], None] = time.sleep, seconds: float = _SECONDS
) -> Flow:
    """Wait until the processor has taken waiting events, at most two minutes."""
    first = last = _waiting(sqs, queue_url)
    if not first:
        return Flow(is_well=True, told="no event waits on the webhook queue; the next one shows that events flow")
    deadline = time.monotonic() + seconds
    while last >= first and time.monotonic() < deadline:
        sleep(_PAUSE_SECONDS)
        last = _waiting(sqs, queue_url)
    if last >= first:
        waiting = plural(last, "event still waits", "events still wait")
        return Flow(is_well=False, told=f"not proven: about {waiting} on the webhook queue, where {first} waited")
    return Flow(is_well=True, told=f"events flow: about {first} waited on the webhook queue, now about {last}")


def _waiting(sqs: "SQSClient", queue_url: str) -> int:
    name: Final = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])["Attributes"][name])
