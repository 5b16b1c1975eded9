"""Queues that the acceptance subscribes to a topic, with new names each time; they are deleted at the end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.acceptance.site import Site


class OwnQueue(NamedTuple):
    """A queue of the acceptance."""

    url: str
    arn: str


@contextmanager
def queue_for(site: Site, topic: str, what: str, **attributes: str) -> Iterator[OwnQueue]:
    """Create a queue to which a topic can send, and delete it at the end of the block."""
    name = site.new_name(what)
    arn = f"{topic.replace(':sns:', ':sqs:').rpartition(':')[0]}:{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    given: Any = {**attributes, "Policy": policy}
    url = site.aws.sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
    try:
        yield OwnQueue(url, arn)
    finally:
        site.aws.sqs.delete_queue(QueueUrl=url)


@contextmanager
def subscribed_to(site: Site, topic: str, queue: OwnQueue, **attributes: str) -> Iterator[None]:
    """Subscribe a queue to a topic during the block."""
    found = site.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)
    try:
        yield
    finally:
        site.aws.sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def received(site: Site, queue: OwnQueue, wait_seconds: int = 5) -> list[dict[str, Any]]:
    """Return the messages that arrive within this time, each once."""
    answer = site.aws.sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
    messages: Any = answer.get("Messages", [])
    for message in messages:
        site.aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    return list(messages)
