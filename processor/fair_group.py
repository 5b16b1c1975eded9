"""Passes the group of a message on the webhook queue on to what is sent because of it.

SQS delivers messages of quiet groups first ("Amazon SQS fair queues", SQS Developer Guide). Nothing depends on a group,
so one that AWS would not accept, of a message that somebody else queued, is left out.
"""

from collections.abc import Mapping
from typing import Any

from ingest.sqs_text import accepted_group
from processor.routing.fifo import is_fifo


def message_group_of(record: Mapping[str, Any]) -> str:
    """Return the MessageGroupId of an SQS record that AWS would accept, or an empty string."""
    attributes = record.get("attributes")
    group = attributes.get("MessageGroupId") if isinstance(attributes, Mapping) else None
    return accepted_group(group) if isinstance(group, str) else ""


def group_parameter(group: str, target: str) -> dict[str, Any]:
    """Return the parameter of SendMessage and Publish for a group; empty without one, and for a FIFO target.

    `target` is the ARN or URL of the queue or topic. A standard topic passes the group on to subscribed standard queues
    only ("Publish", Amazon SNS API Reference). The group of a FIFO target means something else: its messages are
    delivered one at a time.
    """
    return {"MessageGroupId": group} if group and not is_fifo(target) else {}
