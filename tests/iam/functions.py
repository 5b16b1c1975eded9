"""The requests of the Lambda functions, and the policies of their roles in the templates."""

import re
from collections.abc import Mapping
from typing import Any, Final

from scripts.cli.product_files import PROJECT
from tests.iam.physical import StackResources, stacks
from tests.iam.requests import IamRequest

_WEBHOOKS: Final = "arn:aws:sqs:REGION:ACCOUNT:alma-webhooks-STAGE-webhooks"
_BUCKET: Final = "arn:aws:s3:::alma-webhooks-STAGE-ACCOUNT-REGION"
_SECRETS: Final = "arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/{}"

# Ingest and the heartbeat sign their requests themselves, so no SDK client could record them.
SIGNED: Final = {
    "ingest": {
        IamRequest("ssm:GetParameters", _SECRETS.format("alma/secret")),
        IamRequest("ssm:GetParameters", _SECRETS.format("alma/previous-secret")),
        IamRequest("sqs:SendMessage", _WEBHOOKS),
        IamRequest("s3:PutObject", f"{_BUCKET}/bodies/DIGEST"),
    },
    "heartbeat": {
        IamRequest("ssm:GetParameters", _SECRETS.format("heartbeat/secret")),
        IamRequest("ssm:GetParameters", _SECRETS.format("heartbeat/previous-secret")),
    },
}
# Lambda itself calls these with the role of the function.
_BY_LAMBDA: Final = {
    "processor": {
        IamRequest(f"sqs:{name}", _WEBHOOKS) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    },
}
_ROLES: Final = {"IngestRole": "ingest", "ProcessorRole": "processor", "HeartbeatRole": "heartbeat"}
_ROOT: Final = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/alma-webhooks-STAGE"
_LOGS: Final = {
    "ingest": f"{_ROOT}-ingest",
    "processor": f"{_ROOT}-processor",
    "heartbeat": f"{_ROOT}-observability-heartbeat",
}


def signed_operations() -> set[str]:
    """Return the operations that ingest's code names to its own client."""
    source = "".join(path.read_text("utf-8") for path in sorted((PROJECT / "ingest").glob("*.py")))
    return set(re.findall(r'\.call(?:_with)?\("(\w+)"', source)) | ({"PutObject"} if ".put(" in source else set())


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
