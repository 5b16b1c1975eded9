"""Restricts the tests to the permissions that docs/permissions.md gives for tests on a deployed stack.

A test that would damage a shared stack fails on the emulator as well, before it ever runs on a shared stack.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.policies import action_of, policies

HEADINGS = ("Test a deployed stack", "Look at dead letters")

# This call needs no permission.
FREE = frozenset({"sts:GetCallerIdentity"})

# The emulator writes late log lines only after an invocation: see scripts/local/observe.py.
LOCALLY = frozenset({"lambda:InvokeFunction"})


def held_to_rights(context: StackContext) -> StackContext:
    """Return the context with clients whose calls fail unless a policy allows the action and the queue."""
    statements = [one for heading in HEADINGS for one in policies("permissions.md")[heading]["Statement"]]
    free = FREE | (LOCALLY if context.aws.endpoint_url else frozenset())

    def check(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        action = action_of(model.service_model.signing_name, model.name)
        if action not in free and not any(_allows(one, action, params, context) for one in statements):
            raise AssertionError(
                f"{action} on {_queue(params) or 'this'} is not permitted in these tests: a test that needs it "
                "must use its own run, not the fixture `stack`"
            )

    context.aws.session.events.register("provide-client-params", check)
    return context._replace(aws=Aws(context.aws.session, endpoint_url=context.aws.endpoint_url))


def _allows(statement: Mapping[str, Any], action: str, params: Mapping[str, Any], context: StackContext) -> bool:
    queue = _queue(params)
    return action in _list(statement["Action"]) and (
        not queue or any(fnmatchcase(queue, name) for name in _names(statement, context))
    )


def _names(statement: Mapping[str, Any], context: StackContext) -> Iterator[str]:
    for arn in _list(statement["Resource"]):
        yield arn.rpartition(":")[2].replace("alma-webhooks-STAGE", context.stack.name)


def _queue(params: Mapping[str, Any]) -> str:
    return str(params.get("QueueUrl") or params.get("QueueName") or "").rpartition("/")[2]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
