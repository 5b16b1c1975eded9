"""Check the queues: how many messages, how old, their policies, and the processor's event source mapping.

Receives no message. "ListEventSourceMappings" and "UpdateEventSourceMapping", AWS Lambda API Reference.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.aws import template
from scripts.aws.errors import is_gone, suppress_if
from scripts.aws.queues import queue_attributes
from scripts.cli.advice import Advice, Fix
from scripts.doctor.check import Finding, Subject, ok, unhealthy, unknown
from scripts.doctor.queue_load import age_text, load_of
from scripts.drain import report
from scripts.drain.service import DrainReader

_UNDER_WAY: Final = {"Creating", "Enabling", "Updating"}

# By the logical id of the queue in the template.
_OUTPUTS: Final = {"WebhookQueue": "QueueUrl", "NotificationQueue": "QueueUrl", "DeadLetterQueue": "DeadLetterQueueUrl"}


class MappedQueue(NamedTuple):
    """A queue and the function that is to receive from it. `name` and `content` are words for messages."""

    function: str
    url: str
    name: str
    content: str


class WaitingQueue(NamedTuple):
    """A queue and words about it: its name, one message, what is without it, why messages wait, and the fix.

    `limit` is the age from which on it is unhealthy; None for one by its visibility timeout.
    """

    name: str
    content: str
    without: str
    late: str
    fix: Fix
    limit: timedelta | None = None


def webhook_queue(subject: Subject) -> Iterator[Finding]:
    """Check that events do not wait too long."""
    url = subject.scope.output("QueueUrl", "where its webhook queue is")
    log = subject.scope.stack.outputs.get("ProcessorLogGroupName", "its log")
    fix, late = Advice.read_retries.text(group=log), "events are not processed, or fail"
    yield from age_of(subject, url, WaitingQueue("webhook queue", "event", "no event can be accepted", late, fix))


def age_of(subject: Subject, url: str, queue: WaitingQueue) -> Iterator[Finding]:
    """Check that messages do not wait for longer than the limit of a queue."""
    load = load_of(subject.scope.aws, url, subject.aws_time)
    if load is None:
        yield unhealthy(f"the {queue.name} does not exist, so {queue.without}", subject.repair_fix)
    elif not load.messages:
        yield ok(f"no {queue.content} is waiting on the {queue.name}")
    elif load.age is None:
        message = f"{load.text} on the {queue.name}; CloudWatch has no data yet on the age of the oldest"
        yield unknown(message, Advice.later.text())
    elif load.age > (limit := queue.limit or load.age_limit):
        yield unhealthy(f"{load.text} on the {queue.name} (limit {age_text(limit)}): {queue.late}", queue.fix)
    else:
        yield ok(f"{load.text} on the {queue.name}")


def drain(subject: Subject) -> Iterator[Finding]:
    """Report when no event will be waiting. A queue without waiting events, or that does not exist, has no finding."""
    found = None
    with suppress_if(is_gone):
        found = DrainReader(subject.scope).read()
    if found and found.now.waiting:
        yield ok(report.text(found, UTC))


def dead_letters(subject: Subject) -> Iterator[Finding]:
    """Check that there are no dead letters."""
    url = subject.scope.output("DeadLetterQueueUrl", "where its dead letters are")
    fix = Advice.list_dead_letters.text(options=subject.scope.options)
    gone = "the dead-letter queue does not exist, so events that fail permanently are lost"
    note = "; they expire 14 days after they arrived"
    yield from dead_letters_of(subject, url, none="no dead letters", gone=gone, note=note, fix=fix)


def dead_letters_of(subject: Subject, url: str, *, none: str, gone: str, note: str, fix: Fix) -> Iterator[Finding]:
    """Check that there are no dead letters on a queue.

    `none` and `gone` are the messages without one and without the queue; `note` follows the number of dead letters.
    """
    load = load_of(subject.scope.aws, url, subject.aws_time)
    if load is None:
        yield unhealthy(gone, subject.repair_fix)
    elif load.messages:
        yield unhealthy(f"{load.text}{note}", fix)
    else:
        yield ok(none)


def mapping(subject: Subject) -> Iterator[Finding]:
    """Check that exactly one mapping, an enabled one, reads the webhook queue."""
    function = subject.scope.output("ProcessorFunctionName", "what its processor is called")
    queue_url = subject.scope.output("QueueUrl", "where its webhook queue is")
    yield from mapping_of(subject, MappedQueue(function, queue_url, "webhook queue", "events"))


def mapping_of(subject: Subject, queue: MappedQueue) -> Iterator[Finding]:
    """Check that exactly one mapping, an enabled one, reads a queue."""
    attributes = queue_attributes(subject.scope.aws.sqs, queue.url, ["QueueArn"])
    if attributes is None:
        yield unknown(f"cannot be checked, because the {queue.name} does not exist", subject.repair_fix)
        return
    aws = subject.scope.aws
    pages = aws.functions.get_paginator("list_event_source_mappings").paginate(FunctionName=queue.function)
    found = [each for page in pages for each in page["EventSourceMappings"]]
    ours = [each for each in found if each.get("EventSourceArn") == attributes["QueueArn"]]
    if ours:
        yield state_of_mapping(ours[0].get("State", "in an unknown state"), queue, subject)
    else:
        message = f"{queue.function} is not mapped to the {queue.name}, so {queue.content} wait there unprocessed"
        yield unhealthy(message, subject.repair_fix)
    for extra in [*ours[1:], *(each for each in found if each not in ours)]:
        message = f"{queue.function} has an extra mapping, from {extra.get('EventSourceArn', 'another source')}"
        fix = Advice.delete_mapping.text(uuid=extra.get("UUID", ""), aws_options=subject.scope.aws_options)
        yield unhealthy(message, fix)


def policies(subject: Subject) -> Iterator[Finding]:
    """Check that each queue still has the policy that its stack gave it."""
    problems = list(_policy_problems(subject, template.PIPELINE, subject.pipeline.outputs))
    if subject.notifications:
        problems += _policy_problems(subject, template.NOTIFICATIONS, subject.notifications.outputs)
    yield from problems or [ok("each queue has its policy")]


def _policy_problems(subject: Subject, path: Path, outputs: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the queues of a stack whose policy lacks a statement of its template."""
    for resource in template.load(path)["Resources"].values():
        if not isinstance(resource, dict) or resource["Type"] != "AWS::SQS::QueuePolicy":
            continue
        wanted = resource["Properties"]["PolicyDocument"]["Statement"]
        for reference in resource["Properties"]["Queues"]:
            url = outputs.get(_OUTPUTS[reference["Ref"]], "")
            attributes = queue_attributes(subject.scope.aws.sqs, url, ["Policy"]) if url else None
            if lost := lost_statements(wanted, attributes):
                yield unhealthy(f"the policy of {url.rpartition('/')[2]} lacks {', '.join(lost)}", subject.repair_fix)


def lost_statements(wanted: list[dict[str, Any]], attributes: dict[str, str] | None) -> list[str]:
    """Return the names (Sid) of the statements that the policy of a queue lacks or has changed.

    `attributes` is None for a queue that does not exist, which another check reports.
    """
    if attributes is None:
        return []
    found = {one.get("Sid"): one for one in json.loads(attributes.get("Policy") or "{}").get("Statement", [])}
    same = ("Effect", "Condition")
    named = {one["Sid"]: one for one in wanted if "Sid" in one}
    return [sid for sid, one in named.items() if any(one.get(name) != found.get(sid, {}).get(name) for name in same)]


def state_of_mapping(state: str, queue: MappedQueue, subject: Subject) -> Finding:
    """Return the finding about a mapping in this state."""
    if state == "Enabled":
        return ok(f"{queue.function} receives {queue.content} from the {queue.name}")
    message = f"the mapping of {queue.function} is {state}"
    if state in _UNDER_WAY:
        return unknown(message, Advice.later.text())
    return unhealthy(f"{message}, so {queue.content} wait on the {queue.name} unprocessed", subject.repair_fix)
