"""The requests of the Lambda functions, and the policies of their roles in the templates."""

from collections.abc import Mapping
from typing import Any, Final

from tests.iam import export_transform, loan_cache
from tests.iam.physical import StackResources, stacks
from tests.iam.requests import IamRequest
from tests.iam.signed import SIGNED, WEBHOOKS

_QUEUE: Final = "arn:aws:sqs:REGION:ACCOUNT:alma-webhooks-STAGE-notifications-queue"
_TABLE: Final = "arn:aws:dynamodb:REGION:ACCOUNT:table/alma-webhooks-STAGE-notifications-{}"
_SECRET: Final = "arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/notifications/{}"

# Lambda itself calls these with the role of the function.
_BY_LAMBDA: Final = {
    "processor": {
        IamRequest(f"sqs:{name}", WEBHOOKS) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    },
    "notifications-sender": {
        IamRequest(f"sqs:{name}", _QUEUE) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    },
}
# The sender's own calls; `tests/infra/test_notifications_rights.py` compares the actions with its role.
_BY_SENDER: Final = {
    *(IamRequest(f"dynamodb:{name}", _TABLE.format("sendings")) for name in ("GetItem", "PutItem", "UpdateItem")),
    IamRequest("dynamodb:GetItem", _TABLE.format("contacts")),
    *(IamRequest(f"sqs:{name}", _QUEUE) for name in ("SendMessage", "ChangeMessageVisibility")),
    IamRequest("sqs:SendMessage", "arn:aws:sqs:REGION:ACCOUNT:alma-webhooks-STAGE-notifications-dead-letters"),
    *(IamRequest("ssm:GetParameter", _SECRET.format(name)) for name in ("alma-api-key", "slack-team")),
}
_ROLES: Final = {
    "IngestRole": "ingest",
    "ProcessorRole": "processor",
    "HeartbeatRole": "heartbeat",
    "SenderRole": "notifications-sender",
}
_ROOT: Final = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/alma-webhooks-STAGE"
_LOGS: Final = {
    "ingest": f"{_ROOT}-ingest",
    "processor": f"{_ROOT}-processor",
    "heartbeat": f"{_ROOT}-observability-heartbeat",
    "notifications-sender": f"{_ROOT}-notifications-sender",
}


def requests() -> dict[str, set[IamRequest]]:
    """Return the requests of each function that the record of SDK calls cannot have."""
    logs = {
        role: {IamRequest(f"logs:{name}", f"{group}:log-stream:x") for name in ("CreateLogStream", "PutLogEvents")}
        for role, group in _LOGS.items()
    }
    sender = {"notifications-sender": _BY_SENDER}
    own = {
        role: logs[role] | SIGNED.get(role, set()) | _BY_LAMBDA.get(role, set()) | sender.get(role, set())
        for role in logs
    }
    return own | loan_cache.requests() | export_transform.requests()


def policies() -> dict[str, list[Mapping[str, Any]]]:
    """Return the policies of the roles of the functions."""
    own = {
        _ROLES[logical_id]: [each["PolicyDocument"] for each in _resolved(stack, resource)]
        for stack in stacks()
        for logical_id, resource in stack.resources.items()
        if logical_id in _ROLES
    }
    return own | loan_cache.policies() | export_transform.policies()


def _resolved(stack: StackResources, role: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = stack.resolved(role["Properties"]["Policies"])
    return found
