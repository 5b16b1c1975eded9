"""Whether the processor is given what is on the webhook queue: its event source mapping. Changes none.

"ListEventSourceMappings" and "UpdateEventSourceMapping", AWS Lambda API Reference.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

_UNDER_WAY: Final = {"Creating", "Enabling", "Updating"}


def checks(subject: Subject) -> Iterator[Check]:
    """The one mapping."""
    yield Check("mapping", partial(_mapping, subject))


def _mapping(subject: Subject) -> Iterator[Finding]:
    function = subject.scope.output("ProcessorFunctionName", "what its processor is called")
    queue_url = subject.scope.output("QueueUrl", "where its webhook queue is")
    try:
        attributes = subject.scope.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    except ClientError as error:
        if not is_gone(error):
            raise
        yield Finding("mapping", State.unknown, "not known while the webhook queue is not there", subject.fixing)
        return
    queue = attributes["Attributes"]["QueueArn"]
    pages = subject.scope.aws.functions.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    found = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    ours = [mapping for mapping in found if mapping.get("EventSourceArn") == queue]
    if not ours:
        told = f"{function} is not mapped to the webhook queue: events wait there, and nobody takes them"
        yield Finding("mapping", State.bad, told, subject.fixing)
    for mapping in ours[:1]:
        yield _state(mapping, function, subject)
    for mapping in [*ours[1:], *(each for each in found if each not in ours)]:
        told = f"{function} has one mapping too many, of {mapping.get('EventSourceArn', 'another source')}"
        yield Finding("mapping", State.bad, told, Advice.delete_mapping.text(uuid=mapping.get("UUID", "")))


def _state(mapping: "EventSourceMappingConfigurationTypeDef", function: str, subject: Subject) -> Finding:
    state = mapping.get("State", "in no state")
    if state == "Enabled":
        return Finding("mapping", State.ok, f"{function} takes events from the webhook queue")
    if state in _UNDER_WAY:
        return Finding("mapping", State.unknown, f"{function}'s mapping is {state}", Advice.later.text())
    return Finding(
        "mapping",
        State.bad,
        f"{function}'s mapping is {state}: events wait on the webhook queue, and nobody takes them",
        subject.fixing,
    )
