"""The answers of AWS to the test account that moto cannot give: CloudFormation, and failed executions."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any, Final

from tests.formats.account_stack import EXECUTIONS, NOTIFICATIONS, STACK, notifications_outputs, outputs

Answer = dict[str, Any]

_NOW: Final = datetime.now(UTC)
_ID: Final = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK}/1"
_MAPPING: Final = "00000000-0000-4000-8000-000000000000"
_RESOURCES: Final = {
    "WebhookQueue": ("AWS::SQS::Queue", outputs()["QueueUrl"]),
    "Mapping": ("AWS::Lambda::EventSourceMapping", _MAPPING),
}


class State:
    """The changes that commands have made."""

    is_deleted = False  # the stack
    is_enabled = False  # the mapping of the processor to its queue
    has_notifications = False  # the notifications stack is there


def _http(answer: Answer) -> tuple[Any, Answer]:
    """Return a response in the form in which botocore takes it from a handler: the status and the members."""
    headers = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC), usegmt=True)}}
    return SimpleNamespace(status_code=400 if "Error" in answer else 200), answer | {"ResponseMetadata": headers}


def _cloudformation(model: Any, params: Answer, **_: Any) -> tuple[Any, Answer]:
    """Answer for the one stack, which can be deleted."""
    name = params["body"].get("StackName")
    status = "DELETE_COMPLETE" if State.is_deleted else "UPDATE_COMPLETE"
    if name == NOTIFICATIONS and State.has_notifications and model.name == "DescribeStacks":
        return _http({"Stacks": [_stack(status, NOTIFICATIONS, notifications_outputs())]})
    if name not in (STACK, _ID, None):
        return _http({"Error": {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}})
    if model.name == "DeleteStack":
        State.is_deleted = True
    event = {"StackId": _ID, "StackName": STACK, "Timestamp": _NOW, "EventId": status, "ResourceStatus": status}
    resources = [
        {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical, "ResourceStatus": status}
        for name, (kind, physical) in _RESOURCES.items()
    ]
    answers: dict[str, Answer] = {
        "DescribeStacks": {"Stacks": [_stack(status, STACK, outputs())]},
        "DescribeStackEvents": {"StackEvents": [event]},
        "ListStackResources": {"StackResourceSummaries": resources},
        "GetTemplate": {"TemplateBody": json.dumps({"Resources": {name: {} for name in _RESOURCES}})},
    }
    return _http(answers.get(model.name, {}))


def _stack(status: str, name: str, shown: Mapping[str, str]) -> Answer:
    return {
        "StackName": name,
        "StackId": _ID,
        "StackStatus": status,
        "CreationTime": _NOW,
        "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "dev"}],
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in shown.items()],
    }


def _step_functions(model: Any, params: Answer, **_: Any) -> tuple[Any, Answer] | None:
    members = json.loads(params["body"])
    if model.name == "ListExecutions":
        arn, status = members["stateMachineArn"], members.get("statusFilter")
        of_machine = [each for each in EXECUTIONS if each["stateMachineArn"] == arn]
        found = [each for each in of_machine if status in (None, each["status"])]
        return _http({"executions": found})
    if model.name == "DescribeExecution":
        [execution] = [each for each in EXECUTIONS if each["executionArn"] == members["executionArn"]]
        return _http(execution)
    return _http({"redriveDate": _NOW}) if model.name == "RedriveExecution" else None


def _lambda(model: Any, **_: Any) -> tuple[Any, Answer] | None:
    """Answer for a mapping that is disabled until a command enables it."""
    if model.name not in {"GetEventSourceMapping", "UpdateEventSourceMapping"}:
        return None
    State.is_enabled |= model.name == "UpdateEventSourceMapping"
    return _http({"UUID": _MAPPING, "State": "Enabled" if State.is_enabled else "Disabled"})


ANSWERS: Final = {"cloudformation": _cloudformation, "lambda": _lambda, "sfn": _step_functions}
