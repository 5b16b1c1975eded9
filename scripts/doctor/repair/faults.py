"""Find the resources of a stack that were deleted or disabled by hand, or lost their policy or actions.

CloudFormation does not check whether its resources exist, so a deployment would find nothing to change.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.aws.errors import is_gone
from scripts.doctor.queue_policies import lost_statements
from scripts.doctor.repair.stack_parts import StackResource, StackResources


class Remedy(Enum):
    """How a fault is fixed."""

    recreate = "recreate"
    enable = "enable"


class ResourceFault(NamedTuple):
    """A resource that is not as its stack created it. `note` says what a fix does not restore."""

    stack: StackResources
    resource: StackResource
    remedy: Remedy
    message: str
    note: str = ""


def faults(aws: Aws, stack: StackResources) -> Iterator[ResourceFault]:
    """Yield every fault of a stack that can be fixed. Raise botocore's errors."""
    alarms = _alarms(aws, stack.name)
    for resource in stack.resources:
        if resource.type in _ALARMS:
            yield from _alarm(stack, resource, alarms)
        elif check := _CHECKS.get(resource.type):
            try:
                yield from check(aws, stack, resource)
            except ClientError as error:
                if not is_gone(error):
                    raise
                message = f"the {_WORDS[resource.type]} {resource.physical} does not exist"
                yield ResourceFault(stack, resource, Remedy.recreate, message, _NOTES.get(resource.type, ""))


def _topic(aws: Aws, _: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    aws.sns.get_topic_attributes(TopicArn=resource.physical)
    yield from ()


def _queue(aws: Aws, _: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    aws.sqs.get_queue_attributes(QueueUrl=resource.physical, AttributeNames=["QueueArn"])
    yield from ()


def _queue_policy(aws: Aws, stack: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    """Compare the statements of a policy by their Sid. A queue that does not exist is a fault of its own."""
    wanted = stack.properties(resource)["PolicyDocument"]["Statement"]
    for reference in stack.properties(resource)["Queues"]:
        url = stack.physical(reference["Ref"])
        try:
            found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        except ClientError as error:
            if is_gone(error):
                return
            raise
        if lost_statements(wanted, found.get("Policy", "")):
            message = f"the policy of the queue {url.rpartition('/')[2]} is missing or incomplete"
            yield ResourceFault(stack, resource, Remedy.recreate, message)


def _mapping(aws: Aws, stack: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    found = aws.functions.get_event_source_mapping(UUID=resource.physical)
    if found.get("State", "").startswith("Disabl"):
        message = f"the mapping of {found.get('FunctionArn', '').rpartition(':')[2]} to its queue is {found['State']}"
        yield ResourceFault(stack, resource, Remedy.enable, message)


def _state_machine(aws: Aws, _: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    aws.states.describe_state_machine(stateMachineArn=resource.physical)
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


def _alarm(stack: StackResources, resource: StackResource, alarms: dict[str, Any]) -> Iterator[ResourceFault]:
    if resource.physical not in alarms:
        yield ResourceFault(stack, resource, Remedy.recreate, f"the alarm {resource.physical} does not exist")
    elif not alarms[resource.physical].get("AlarmActions"):
        yield ResourceFault(
            stack, resource, Remedy.recreate, f"the alarm {resource.physical} has no actions and notifies nobody"
        )


_ALARMS: Final = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
_CHECKS: Final[dict[str, Callable[[Aws, StackResources, StackResource], Iterator[ResourceFault]]]] = {
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
    "AWS::SNS::Topic": "subscriptions made outside the stack are lost; their owners must subscribe again",
    "AWS::SQS::Queue": "the messages on it are lost",
    "AWS::StepFunctions::StateMachine": "the history of its executions is lost",
}
