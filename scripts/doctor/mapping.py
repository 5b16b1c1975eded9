"""Check that the processor receives events from the webhook queue: its event source mapping.

"ListEventSourceMappings" and "UpdateEventSourceMapping", AWS Lambda API Reference.
"""

from collections.abc import Iterator
from typing import Final

from scripts.aws.queues import queue_attributes
from scripts.cli.advice import Advice
from scripts.doctor.finding import Finding, ok, unhealthy, unknown
from scripts.doctor.subject import Subject

_UNDER_WAY: Final = {"Creating", "Enabling", "Updating"}


def mapping(subject: Subject) -> Iterator[Finding]:
    """Check that exactly one mapping, an enabled one, reads the webhook queue."""
    function = subject.scope.output("ProcessorFunctionName", "what its processor is called")
    queue_url = subject.scope.output("QueueUrl", "where its webhook queue is")
    attributes = queue_attributes(subject.scope.aws.sqs, queue_url, ["QueueArn"])
    if attributes is None:
        yield unknown("cannot be checked, because the webhook queue does not exist", subject.repair_fix)
        return
    pages = subject.scope.aws.functions.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    found = [each for page in pages for each in page["EventSourceMappings"]]
    ours = [each for each in found if each.get("EventSourceArn") == attributes["QueueArn"]]
    if ours:
        yield _state(ours[0].get("State", "in an unknown state"), function, subject)
    else:
        message = f"{function} is not mapped to the webhook queue, so events wait there unprocessed"
        yield unhealthy(message, subject.repair_fix)
    for extra in [*ours[1:], *(each for each in found if each not in ours)]:
        message = f"{function} has an extra mapping, from {extra.get('EventSourceArn', 'another source')}"
        yield unhealthy(message, Advice.delete_mapping.text(uuid=extra.get("UUID", "")))


def _state(state: str, function: str, subject: Subject) -> Finding:
    if state == "Enabled":
        return ok(f"{function} receives events from the webhook queue")
    message = f"the mapping of {function} is {state}"
    if state in _UNDER_WAY:
        return unknown(message, Advice.later.text())
    return unhealthy(f"{message}, so events wait on the webhook queue unprocessed", subject.repair_fix)
