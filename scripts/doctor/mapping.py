"""Check that the processor receives events from the webhook queue: its event source mapping.

"ListEventSourceMappings" and "UpdateEventSourceMapping", AWS Lambda API Reference.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

_UNDER_WAY: Final = {"Creating", "Enabling", "Updating"}


def checks(subject: Subject) -> Iterator[Check]:
    """Yield the check of the mapping."""
    yield Check("mapping", partial(_mapping, subject))


def _mapping(subject: Subject) -> Iterator[Finding]:
    function = subject.scope.output("ProcessorFunctionName", "what its processor is called")
    queue_url = subject.scope.output("QueueUrl", "where its webhook queue is")
    try:
        attributes = subject.scope.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    except ClientError as error:
        if not is_gone(error):
            raise
        yield Finding(
            "mapping", Health.unknown, "cannot be checked, because the webhook queue does not exist", subject.repair_fix
        )
        return
    queue = attributes["Attributes"]["QueueArn"]
    pages = subject.scope.aws.functions.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    found = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    ours = [mapping for mapping in found if mapping.get("EventSourceArn") == queue]
    if not ours:
        message = f"{function} is not mapped to the webhook queue, so events wait there unprocessed"
        yield Finding("mapping", Health.unhealthy, message, subject.repair_fix)
    for mapping in ours[:1]:
        yield _state(mapping, function, subject)
    for mapping in [*ours[1:], *(each for each in found if each not in ours)]:
        message = f"{function} has an extra mapping, from {mapping.get('EventSourceArn', 'another source')}"
        yield Finding("mapping", Health.unhealthy, message, Advice.delete_mapping.text(uuid=mapping.get("UUID", "")))


def _state(mapping: "EventSourceMappingConfigurationTypeDef", function: str, subject: Subject) -> Finding:
    state = mapping.get("State", "in an unknown state")
    if state == "Enabled":
        return Finding("mapping", Health.ok, f"{function} receives events from the webhook queue")
    if state in _UNDER_WAY:
        return Finding("mapping", Health.unknown, f"the mapping of {function} is {state}", Advice.later.text())
    return Finding(
        "mapping",
        Health.unhealthy,
        f"the mapping of {function} is {state}, so events wait on the webhook queue unprocessed",
        subject.repair_fix,
    )
