"""The requests of the Lambda functions, and the policies of their roles in the templates."""

from collections.abc import Mapping
from typing import Any, Final

from tests.iam.physical import StackResources, stacks
from tests.iam.requests import IamRequest
from tests.iam.signed import SIGNED, WEBHOOKS

# Lambda itself calls these with the role of the function.
_BY_LAMBDA: Final = {
    "processor": {
        IamRequest(f"sqs:{name}", WEBHOOKS) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    },
}
_ROLES: Final = {"IngestRole": "ingest", "ProcessorRole": "processor", "HeartbeatRole": "heartbeat"}
_ROOT: Final = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/alma-webhooks-STAGE"
_LOGS: Final = {
    "ingest": f"{_ROOT}-ingest",
    "processor": f"{_ROOT}-processor",
    "heartbeat": f"{_ROOT}-observability-heartbeat",
}


def requests() -> dict[str, set[IamRequest]]:
    """Return the requests of each function that the record of SDK calls cannot have."""
    logs = {
        role: {IamRequest(f"logs:{name}", f"{group}:log-stream:x") for name in ("CreateLogStream", "PutLogEvents")}
        for role, group in _LOGS.items()
    }
    return {role: logs[role] | SIGNED.get(role, set()) | _BY_LAMBDA.get(role, set()) for role in logs}


def policies() -> dict[str, list[Mapping[str, Any]]]:
    """Return the policies of the roles of the functions."""
    return {
        _ROLES[logical_id]: [each["PolicyDocument"] for each in _resolved(stack, resource)]
        for stack in stacks()
        for logical_id, resource in stack.resources.items()
        if logical_id in _ROLES
    }


def _resolved(stack: StackResources, role: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = stack.resolved(role["Properties"]["Policies"])
    return found
