"""What CloudFormation answers, for a stub of it: stacks, events, change sets."""

import json
from datetime import UTC, datetime
from typing import Any

from botocore.stub import ANY, Stubber

ID = "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1"
SET = {"StackName": ANY, "ChangeSetName": "set"}
"""A change set is named together with its stack: IAM may ask for either ARN."""


def mark_of(part: str = "pipeline", project: str = "alma-webhooks") -> str:
    """The output by which a stack of the product shows which part it is."""
    return json.dumps({"product": "alma-webhooks", "part": part, "project": project, "version": "1.0.0"})


def tags_of(stack: str, **others: str) -> dict[str, str]:
    """The tags of a resource that the product made for this stack."""
    own = {"product": "alma-webhooks", "part": "pipeline", "project": "alma-webhooks", "stack": stack}
    return {f"alma-webhooks:{key}": value for key, value in (own | others).items()}


def described(status: str, outputs: dict[str, str] | None = None, **parameters: str) -> dict[str, Any]:
    """A stack of the product in this state; one that never came up has no outputs, so it does not show its mark."""
    never_up = status in {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
    outputs = (outputs or {}) if never_up else {"Mark": mark_of(), **(outputs or {})}
    return {
        "Stacks": [
            {
                "StackName": "stack",
                "StackId": ID,
                "CreationTime": datetime.now(UTC),
                "StackStatus": status,
                "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
                "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
            }
        ]
    }


def event(name: str, status: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """One event, whose id is its resource's name and state."""
    return {
        "StackId": ID,
        "EventId": f"{name}-{status}",
        "StackName": "stack",
        "LogicalResourceId": name,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": datetime.now(UTC),
        **more,
    }


def add_missing(stub: Stubber) -> None:
    """The answer for a stack that does not exist."""
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id stack does not exist")


def add_resources(stub: Stubber, *names: str) -> None:
    """The stack has these resources."""
    now = datetime.now(UTC)
    resources = [
        {
            "LogicalResourceId": name,
            "ResourceType": "T",
            "LastUpdatedTimestamp": now,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for name in names
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": resources})


def add_events(stub: Stubber, *events: dict[str, Any]) -> None:
    """The stack's events, the latest first."""
    stub.add_response("describe_stack_events", {"StackEvents": list(events)})


def change(action: str, kind: str, name: str, **more: str) -> dict[str, Any]:
    """One change of a change set."""
    changed = {"Action": action, "ResourceType": kind, "LogicalResourceId": name, **more}
    return {"Type": "Resource", "ResourceChange": changed}


def add_change_set(stub: Stubber, *changes: dict[str, Any], expected: dict[str, Any] | None = None) -> None:
    """A change set is asked for, is ready, and has these changes."""
    stub.add_response("create_change_set", {"Id": "set", "StackId": ID}, expected)
    ready = {"Status": "CREATE_COMPLETE", "Changes": list(changes)}
    stub.add_response("describe_change_set", ready, SET)
    stub.add_response("describe_change_set", ready, SET)


def add_unchanged(stub: Stubber) -> None:
    """A change set is asked for and has no changes; it is taken back."""
    stub.add_response("create_change_set", {"Id": "set", "StackId": ID})
    reason = "The submitted information didn't contain changes. Submit different information to create a change set."
    stub.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": reason}, SET)
    stub.add_response("delete_change_set", {}, SET)


def add_discarded(stub: Stubber, status: str = "REVIEW_IN_PROGRESS") -> None:
    """A change set for a new stack is deleted; the stack too, if nothing has been made of it."""
    stub.add_response("delete_change_set", {}, SET)
    stub.add_response("describe_stacks", described(status), {"StackName": ID})
    if status == "REVIEW_IN_PROGRESS":
        stub.add_response("delete_stack", {}, {"StackName": ID})


def add_execution(stub: Stubber, ending: str, *events: dict[str, Any]) -> None:
    """A change set is executed and ends in this state; the events are those that come."""
    add_events(stub, event("before", "X"))
    stub.add_response("execute_change_set", {}, SET)
    stub.add_response("describe_stacks", described(ending), {"StackName": ID})
    add_events(stub, *(events or (event("Api", "CREATE_COMPLETE"),)), event("before", "X"))


def asked(kind: str, **more: Any) -> dict[str, Any]:
    """How a change set is asked for."""
    return {
        "StackName": "stack",
        "ChangeSetName": ANY,
        "ChangeSetType": kind,
        "Parameters": ANY,
        "Capabilities": ("CAPABILITY_IAM",),
        "TemplateBody": ANY,
        **more,
    }
