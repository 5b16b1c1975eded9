"""What a stack should have and has not: deleted by hand, switched off, or without its policy. Changes nothing.

CloudFormation does not look by itself, so a deployment would find nothing to change.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.aws.errors import is_gone
from scripts.doctor.queue_policies import lost_statements
from scripts.doctor.repair.stack_parts import Part, StackParts


class Remedy(Enum):
    """What brings it back."""

    recreate = "recreate"
    enable = "enable"


class Fault(NamedTuple):
    """One resource that is not as its stack made it. `note` is what a repair does not bring back."""

    stack: StackParts
    part: Part
    remedy: Remedy
    told: str
    note: str = ""


def faults(aws: Aws, stack: StackParts) -> Iterator[Fault]:
    """Yield every fault of a stack that can be repaired. Raises botocore's errors."""
    alarms = _alarms(aws, stack.name)
    for part in stack.parts:
        if part.type in _ALARMS:
            yield from _alarm(stack, part, alarms)
        elif look := _LOOKS.get(part.type):
            try:
                yield from look(aws, stack, part)
            except ClientError as error:
                if not is_gone(error):
                    raise
                told = f"the {_WORDS[part.type]} {part.physical} is not there"
                yield Fault(stack, part, Remedy.recreate, told, _NOTES.get(part.type, ""))


def _topic(aws: Aws, _: StackParts, part: Part) -> Iterator[Fault]:
    aws.sns.get_topic_attributes(TopicArn=part.physical)
    yield from ()


def _queue(aws: Aws, _: StackParts, part: Part) -> Iterator[Fault]:
    aws.sqs.get_queue_attributes(QueueUrl=part.physical, AttributeNames=["QueueArn"])
    yield from ()


def _queue_policy(aws: Aws, stack: StackParts, part: Part) -> Iterator[Fault]:
    """A policy has statements by name (Sid); a queue that is gone is told of by itself."""
    wanted = stack.properties(part)["PolicyDocument"]["Statement"]
    for reference in stack.properties(part)["Queues"]:
        url = stack.physical(reference["Ref"])
        try:
            found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        except ClientError as error:
            if is_gone(error):
                return
            raise
        if lost_statements(wanted, found.get("Policy", "")):
            told = f"the policy of the queue {url.rpartition('/')[2]} is not there or not whole"
            yield Fault(stack, part, Remedy.recreate, told)


def _mapping(aws: Aws, stack: StackParts, part: Part) -> Iterator[Fault]:
    found = aws.functions.get_event_source_mapping(UUID=part.physical)
    if found.get("State", "").startswith("Disabl"):
        told = f"the mapping of {found.get('FunctionArn', '').rpartition(':')[2]} to its queue is {found['State']}"
        yield Fault(stack, part, Remedy.enable, told)


def _state_machine(aws: Aws, _: StackParts, part: Part) -> Iterator[Fault]:
    aws.states.describe_state_machine(stateMachineArn=part.physical)
    yield from ()


def _alarms(aws: Aws, prefix: str) -> dict[str, Any]:
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{prefix}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return {
        alarm["AlarmName"]: alarm
        for page in pages
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    }


def _alarm(stack: StackParts, part: Part, alarms: dict[str, Any]) -> Iterator[Fault]:
    if part.physical not in alarms:
        yield Fault(stack, part, Remedy.recreate, f"the alarm {part.physical} is not there")
    elif not alarms[part.physical].get("AlarmActions"):
        yield Fault(stack, part, Remedy.recreate, f"the alarm {part.physical} has lost its actions and tells nobody")


_ALARMS: Final = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
_LOOKS: Final[dict[str, Callable[[Aws, StackParts, Part], Iterator[Fault]]]] = {
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
_WORDS: Final = {
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::Lambda::EventSourceMapping": "event source mapping",
    "AWS::StepFunctions::StateMachine": "state machine",
}
_NOTES: Final = {
    "AWS::SNS::Topic": "subscriptions made outside the stack are lost: their owners have to subscribe again",
    "AWS::SQS::Queue": "the messages on it are lost",
    "AWS::StepFunctions::StateMachine": "the history of its executions is lost",
}
