"""Find the resources of a stack that were deleted or disabled by hand, or lost their policy or actions.

CloudFormation does not check whether its resources exist, so a deployment would find nothing to change.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from typing import Any, Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.errors import none_if_gone
from scripts.aws.notifications_stack import described_notifications
from scripts.aws.part_stacks import part_names
from scripts.aws.queues import queue_attributes
from scripts.deploy.optional_parts import further_deployed
from scripts.deploy.stack_deployer import PARTS
from scripts.doctor.alarms import ALARM_TYPES, deployed_alarms
from scripts.doctor.queues import lost_statements
from scripts.doctor.repair.stack_parts import StackResource, StackResources, stack_resources


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


def all_faults(scope: StackContext) -> list[ResourceFault]:
    """Return the faults of every stack of the deployment that exists.

    Raise RejectedError for a foreign stack, before any stack is checked, and botocore's errors.
    """
    names = list[str]()
    for part in PARTS:
        if described := stack.describe(scope.aws, scope.stack.name + part.suffix):
            mark.check_before_change(scope.aws, described, part.mark)
            names.append(described["StackName"])
    further = part_names(scope.stack.outputs)
    names += [each["StackName"] for each in further_deployed(scope.aws, scope.stack.name, further, ()).values()]
    if described := described_notifications(scope.aws, scope.stack.name):
        names.append(described["StackName"])
    alarms = deployed_alarms(scope.aws, scope.stack.name)  # those of the notifications have the name of another stack
    return [fault for name in names for fault in faults(scope.aws, stack_resources(scope.aws, name), alarms)]


def faults(aws: Aws, stack: StackResources, alarms: dict[str, Any]) -> Iterator[ResourceFault]:
    """Yield every fault of a stack that can be fixed. `alarms` has the existing ones. Raise botocore's errors."""
    for resource in stack.resources:
        if resource.type in ALARM_TYPES:
            yield from _alarm(stack, resource, alarms)
        elif resource.type == "AWS::SQS::QueuePolicy":
            yield from _queue_policy(aws, stack, resource)
        elif look := _LOOKS.get(resource.type):
            found = none_if_gone(partial(look, aws, resource.physical))
            if found is None:
                message = f"the {_WORDS[resource.type]} {resource.physical} does not exist"
                yield ResourceFault(stack, resource, Remedy.recreate, message, _NOTES.get(resource.type, ""))
            else:
                yield from _disabled(stack, resource, found)


def _queue_policy(aws: Aws, stack: StackResources, resource: StackResource) -> Iterator[ResourceFault]:
    """Compare the statements of a policy by their Sid. A queue that does not exist is a fault of its own."""
    properties = stack.properties(resource)
    for reference in properties.get("Queues", []):
        url = stack.physical(reference.get("Ref", "")) if isinstance(reference, dict) else reference
        wanted = properties["PolicyDocument"]["Statement"]
        if url and lost_statements(wanted, queue_attributes(aws.sqs, url, ["Policy"])):
            message = f"the policy of the queue {url.rpartition('/')[2]} is missing or incomplete"
            yield ResourceFault(stack, resource, Remedy.recreate, message)


def _disabled(stack: StackResources, resource: StackResource, found: Any) -> Iterator[ResourceFault]:
    """Yield the fault of a mapping that is disabled; `found` is AWS's description of the resource."""
    if resource.type == MAPPING and found.get("State", "").startswith("Disabl"):
        message = f"the mapping of {found.get('FunctionArn', '').rpartition(':')[2]} to its queue is {found['State']}"
        yield ResourceFault(stack, resource, Remedy.enable, message)


def _alarm(stack: StackResources, resource: StackResource, alarms: dict[str, Any]) -> Iterator[ResourceFault]:
    message = f"the alarm {resource.physical}"
    if resource.physical not in alarms:
        yield ResourceFault(stack, resource, Remedy.recreate, f"{message} does not exist")
    elif not alarms[resource.physical].get("AlarmActions"):
        yield ResourceFault(stack, resource, Remedy.recreate, f"{message} has no actions and notifies nobody")


MAPPING: Final = "AWS::Lambda::EventSourceMapping"

# Each raises a "not found" error if the resource with this physical id does not exist.
_LOOKS: Final[dict[str, Callable[[Aws, str], Any]]] = {
    "AWS::SNS::Topic": lambda aws, arn: aws.sns.get_topic_attributes(TopicArn=arn),
    "AWS::SQS::Queue": lambda aws, url: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"]),
    "AWS::StepFunctions::StateMachine": lambda aws, arn: aws.states.describe_state_machine(stateMachineArn=arn),
    MAPPING: lambda aws, uuid: aws.functions.get_event_source_mapping(UUID=uuid),
}
_WORDS: Final = {
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    MAPPING: "event source mapping",
    "AWS::StepFunctions::StateMachine": "state machine",
}
_NOTES: Final = {
    "AWS::SNS::Topic": "subscriptions made outside the stack are lost; their owners must subscribe again",
    "AWS::SQS::Queue": "the messages on it are lost",
    "AWS::StepFunctions::StateMachine": "the history of its executions is lost",
}
