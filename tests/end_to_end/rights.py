"""Holds the tests to the rights that docs/permissions.md gives whoever runs them on a deployed stack. Grants none.

So a test that would break a stack which others use fails here too, on the emulator, before it ever meets one.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.policies import action_of, policies

HEADINGS = ("Test a deployed stack", "Look at dead letters")

# Nobody needs a right to ask who he is.
FREE = frozenset({"sts:GetCallerIdentity"})

# The emulator is nudged for lines that are late: see scripts/local/observe.py. AWS is not.
LOCALLY = frozenset({"lambda:InvokeFunction"})


def held_to_rights(scope: StackContext) -> StackContext:
    """The same scope with clients whose calls fail where no policy allows them. Queues are told apart by name too."""
    statements = [one for heading in HEADINGS for one in policies("permissions.md")[heading]["Statement"]]
    free = FREE | (LOCALLY if scope.aws.endpoint_url else frozenset())

    def look(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        action = action_of(model.service_model.signing_name, model.name)
        if action not in free and not any(_allows(one, action, params, scope) for one in statements):
            raise AssertionError(
                f"{action} on {_queue(params) or 'this'} is no right of these tests: a test that needs it "
                "takes a run of its own, not the fixture `stack`"
            )

    scope.aws.session.events.register("provide-client-params", look)
    return scope._replace(aws=Aws(scope.aws.session, endpoint_url=scope.aws.endpoint_url))


def _allows(statement: Mapping[str, Any], action: str, params: Mapping[str, Any], scope: StackContext) -> bool:
    queue = _queue(params)
    return action in _list(statement["Action"]) and (
        not queue or any(fnmatchcase(queue, name) for name in _names(statement, scope))
    )


def _names(statement: Mapping[str, Any], scope: StackContext) -> Iterator[str]:
    for arn in _list(statement["Resource"]):
        yield arn.rpartition(":")[2].replace("alma-webhooks-STAGE", scope.stack.name)


def _queue(params: Mapping[str, Any]) -> str:
    return str(params.get("QueueUrl") or params.get("QueueName") or "").rpartition("/")[2]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
