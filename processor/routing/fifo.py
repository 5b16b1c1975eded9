"""What a FIFO queue or topic needs beside the message: the id of its group, and an id that drops repetitions.

"SendMessage", Amazon SQS API Reference; "Publish", Amazon SNS API Reference.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ingest.sqs_text import accepted_group
from processor.delivery import MessageDelivery, QueueDelivery
from processor.errors import Permanent

_GROUP: Final = "message_group_id"
_DEDUPLICATION: Final = "message_deduplication_id"
ID_KEYS: Final = (_GROUP, _DEDUPLICATION)
"""The keys of entries for FIFO targets. Other targets get neither."""

NO_DELAY: Final = "a FIFO queue has no delay for single messages; remove it, and set DelaySeconds of the queue"


def is_fifo(name: str) -> bool:
    """Return whether the name, ARN or URL of a queue or topic is that of a FIFO one."""
    return name.endswith(".fifo")


def with_ids(delivery: MessageDelivery, texts: Mapping[str, str], identity: str, place: str) -> MessageDelivery:
    """Return a delivery to a FIFO target with its ids, and any other unchanged. Raise Permanent (template).

    `texts` are the rendered texts of the entry, which is at `place` in the route (`deliver[0]`). By default each event
    is a group of its own, and a repetition of the same delivery is dropped, but no other delivery of the same event.
    """
    if not is_fifo(delivery.name):
        return delivery
    if isinstance(delivery, QueueDelivery) and delivery.delay_seconds is not None:
        raise Permanent("template", NO_DELAY, field=f"{place}.delay")
    for key in ID_KEYS:
        if texts.get(key) == "":
            raise Permanent("template", "the id is empty; a FIFO target needs one", field=f"{place}.{key}")
    group = _accepted(texts.get(_GROUP, identity))
    deduplication = _accepted(texts[_DEDUPLICATION]) if _DEDUPLICATION in texts else _sha256(delivery.key)
    return replace(delivery, message_group_id=group, message_deduplication_id=deduplication)


def _accepted(text: str) -> str:
    """Return an id as it is if AWS accepts it, and its SHA-256 (hex) otherwise."""
    return accepted_group(text) or _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
