"""Reads the IAM policies in the documents, and finds the IAM actions that Python code calls."""

import json
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

DOCS: Final = Path(__file__).parents[1] / "docs"

_CALL: Final = re.compile(
    r"(?:[._]|\b(?=states\.|logs\.get_|cloudwatch\.get_|sqs\.get_))(cloudformation|cloudwatch|dynamodb|events|functions|logs|s3|ses|sns|sqs|ssm|states)"
    r'\.(?:get_paginator\(\s*"(\w+)"|((?!get_paginator|exceptions)[a-z]+_\w+|(?:un)?subscribe)[(,])'
)
# Operations whose IAM action has a different name ("Service Authorization Reference").
_ACTIONS: Final = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sns:GetSmsAttributes": "sns:GetSMSAttributes",
    "sns:GetSmsSandboxAccountStatus": "sns:GetSMSSandboxAccountStatus",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}


def policies(page: str) -> dict[str, Mapping[str, Any]]:
    """Return the policies of a page of docs/ by heading; a second policy under a heading gets the suffix ` 2`."""
    found: dict[str, Mapping[str, Any]] = {}
    heading = ""
    text = (DOCS / page).read_text("utf-8")
    for title, policy in re.findall(r"^## ([^\n]+)$|^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if title:
            heading = title
        else:
            found[f"{heading} 2" if heading in found else heading] = json.loads(policy)
    return found


def actions(*of: Mapping[str, Any]) -> set[str]:
    """Return all actions that the policies allow; an action can contain `*`."""
    return {action for policy in of for statement in policy["Statement"] for action in _list(statement["Action"])}


def resources(policy: Mapping[str, Any]) -> set[str]:
    """Return the ARNs that a policy allows; each can contain `*`. A statement with NotResource names none."""
    return {arn for statement in policy["Statement"] for arn in _list(statement.get("Resource", []))}


def called_in(paths: Iterable[Path]) -> set[str]:
    """Return the IAM actions of the AWS calls in Python files, also of methods that are passed on to be called."""
    source = "".join(path.read_text("utf-8") for path in paths)
    return {
        action_of(service, (paged or call).title().replace("_", "")) for service, paged, call in _CALL.findall(source)
    }


def not_allowed(needed: Iterable[str], allowed: Iterable[str]) -> set[str]:
    """Return the actions that no allowed name covers. IAM ignores case."""
    names = [name.lower() for name in allowed]
    return {action for action in needed if not any(fnmatchcase(action.lower(), name) for name in names)}


def action_of(service: str, operation: str) -> str:
    """Return the IAM action of an operation, e.g. of `sqs` and `SendMessageBatch`."""
    action = f"{ {'functions': 'lambda'}.get(service, service) }:{operation.removesuffix('Batch')}"
    return _ACTIONS.get(action, action)


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value
