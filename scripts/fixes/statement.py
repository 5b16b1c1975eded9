"""Make the policy statement that AWS lacked when it refused a delivery. It is printed; no policy is ever changed.

The actions are those of the processor's role. Across accounts, AWS needs the right in the policy of the target too
("Cross-account policy evaluation logic", AWS Identity and Access Management User Guide), and for an encrypted target in
the policy of its key ("Key policies in AWS KMS", AWS Key Management Service Developer Guide).
"""

import re
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import StackContext
from scripts.aws.target_looks import arn_of
from scripts.dead_letters.dead_letter import Cause
from scripts.routes.check import ACTIONS

_OF_KEY: Final = ("kms:GenerateDataKey", "kms:Decrypt")


class MissingRight(NamedTuple):
    """A right that the processor lacks: `policy` is whose policy, in words, and `statement` what it needs."""

    policy: str
    statement: dict[str, Any]


def missing_right(scope: StackContext, cause: Cause) -> MissingRight:
    """Return the right that a refused delivery needs. Asks AWS for the processor's role, if that is permitted."""
    kind, _, name = cause.target.partition(":")
    arn = arn_of(scope, kind, name) or name
    words = kind.replace("_", " ")
    if re.search("kms", cause.reason, re.IGNORECASE):
        return MissingRight(f"the key of the {words} {arn}", _statement(scope, _OF_KEY, "*"))
    return MissingRight(f"the {words} {arn}", _statement(scope, ACTIONS.get(kind, ()), arn))


def _statement(scope: StackContext, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": _role(scope)},
        "Action": list(actions),
        "Resource": resource,
    }


def _role(scope: StackContext) -> str:
    name = scope.output("ProcessorFunctionName", "which function delivers")
    try:
        return str(scope.aws.functions.get_function_configuration(FunctionName=name)["Role"])
    except (ClientError, BotoCoreError):
        return f"ROLE-OF-{name}"  # the reader may not ask for it; the rest of the statement is still right
