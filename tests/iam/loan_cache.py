"""The requests of the functions of examples/loan-cache, and the policies of their roles in its template.

`tests/examples/loan_cache/test_rights.py` compares them with the calls that the functions make.
"""

from collections.abc import Mapping
from typing import Any, Final

from scripts.aws.template import load
from scripts.cli.product_files import PROJECT
from tests.iam.physical import StackResources
from tests.iam.requests import IamRequest

_STACK: Final = "alma-webhooks-STAGE-loan-cache"
_ROLES: Final = {"EventRole": "events", "ForgetRole": "forget", "FillRole": "fill", "ReadRole": "read"}
_PREFIX: Final = "loan-cache-"

_ENTRIES: Final = ("loans", "requests")
_RECEIVED: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")


def _table(table: str, *names: str) -> set[IamRequest]:
    arn = f"arn:aws:dynamodb:REGION:ACCOUNT:table/{_STACK}-{table}"
    return {IamRequest(f"dynamodb:{name}", arn) for name in names}


def _queue(queue: str, *names: str) -> set[IamRequest]:
    return {IamRequest(f"sqs:{name}", f"arn:aws:sqs:REGION:ACCOUNT:{_STACK}-{queue}") for name in names}


def _secret(name: str) -> set[IamRequest]:
    arn = f"arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/loan-cache/{name}"
    return {IamRequest("ssm:GetParameter", arn)}


def _entries(*names: str) -> set[IamRequest]:
    return {request for table in _ENTRIES for request in _table(table, *names)}


MADE: Final[Mapping[str, set[IamRequest]]] = {
    "events": {
        *_table("users", "GetItem"),
        *_entries("PutItem", "Query", "BatchWriteItem"),
        *_queue("events", *_RECEIVED),
        *_queue("event-dead-letters", "SendMessage"),
        *_queue("fills", "SendMessage"),
    },
    "forget": {*_table("users", "PutItem"), *_entries("Query", "BatchWriteItem")},
    "fill": {
        *_table("users", "GetItem", "PutItem"),
        *_entries("PutItem", "Query", "BatchWriteItem"),
        *_table("pace", "GetItem", "UpdateItem"),
        *_queue("fills", *_RECEIVED, "SendMessage"),
        *_queue("fill-dead-letters", "SendMessage"),
        *_secret("alma-api-key"),
    },
    "read": {
        *_table("users", "GetItem"),
        *_entries("Query"),
        *_table("pace", "GetItem", "UpdateItem"),
        *_queue("fills", "SendMessage"),
        *_secret("alma-api-key"),
        *_secret("token-key"),
    },
}
"""What each function and Lambda itself ask for, but for logs."""


def requests() -> dict[str, set[IamRequest]]:
    """Return the requests of each function."""
    return {_PREFIX + name: made | _logged(name) for name, made in MADE.items()}


def policies() -> dict[str, list[Mapping[str, Any]]]:
    """Return the policies of the roles."""
    stack = StackResources(load(PROJECT / "examples" / "loan-cache" / "cache.yaml"), _STACK)
    return {
        _PREFIX + name: [
            each["PolicyDocument"] for each in stack.resolved(stack.resources[role]["Properties"]["Policies"])
        ]
        for role, name in _ROLES.items()
    }


def _logged(name: str) -> set[IamRequest]:
    stream = f"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/{_STACK}-{name}:log-stream:x"
    return {IamRequest(f"logs:{each}", stream) for each in ("CreateLogStream", "PutLogEvents")}
