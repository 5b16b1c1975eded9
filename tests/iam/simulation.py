"""Writes what infra/iam/simulate.mjs evaluates: `python -m tests.iam.simulation FILE`.

The file has for each role its policies, the requests that have to be allowed and those that have to be denied.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tests.iam import functions, template_calls
from tests.iam.documented import POLICIES
from tests.iam.physical import resource_policies
from tests.iam.record import known
from tests.iam.requests import IamRequest

EXPECTATIONS: Final = yaml.safe_load(Path(__file__).with_name("expectations.yaml").read_text("utf-8"))

# Words of the record and of the documents, and what stands for them in the simulation.
_VALUES: Final = {"ACCOUNT": "111122223333", "REGION": "eu-central-1", "STAGE": "dev", "DIGEST": "d" * 64, "ID": "0f9a"}


class RoleRequests(NamedTuple):
    """The requests of a role: those that its policies have to allow, and those that the simulator cannot evaluate.

    `tolerated` are denied, and the product goes on.
    """

    allowed: set[IamRequest]
    unknown: set[IamRequest]
    tolerated: set[IamRequest]


@cache
def policies() -> Mapping[str, Sequence[Any]]:
    """Return the policies of each role of the documents and of the templates."""
    return {**POLICIES, **functions.policies()}


@cache
def requests() -> dict[str, RoleRequests]:
    """Return the requests of each role."""
    made: dict[str, set[IamRequest]] = {role: set(found) for role, found in known().items()}
    for role, more in (*functions.requests().items(), *template_calls.requests().items()):
        made[role] = made.get(role, set()) | more
    return {role: _sorted_out(role, made.get(role, set())) for role in sorted(policies())}


def _sorted_out(role: str, made: set[IamRequest]) -> RoleRequests:
    unknown = {each for each in made if any(fnmatchcase(each.action, gap["action"]) for gap in EXPECTATIONS["gaps"])}
    tolerated = {each for each in made if any(_is_about(one, role, each) for one in EXPECTATIONS["tolerated"])}
    return RoleRequests(made - unknown - tolerated, unknown, tolerated)


def _is_about(entry: Mapping[str, str], role: str, request: IamRequest) -> bool:
    pairs = ((role, entry["role"]), (request.action, entry["action"]), (request.resource, entry["resource"]))
    return all(fnmatchcase(text, pattern) for text, pattern in pairs)


def unused_exceptions() -> list[str]:
    """Return the reasons of exceptions that no request needs."""
    made = [(role, each) for role, found in requests().items() for each in (*found.tolerated, *found.unknown)]
    tolerated = [one for one in EXPECTATIONS["tolerated"] if not any(_is_about(one, *each) for each in made)]
    gaps = [one for one in EXPECTATIONS["gaps"] if not any(fnmatchcase(each.action, one["action"]) for _, each in made)]
    return [str(one["reason"]) for one in (*tolerated, *gaps)]


def matches_a_pattern(role: str, request: IamRequest) -> bool:
    """Return whether a policy of the role names the action and the resource; conditions are not evaluated."""
    return any(
        _covers(statement["Action"], request.action) and _covers(statement["Resource"], request.resource)
        for policy in policies()[role]
        for statement in policy["Statement"]
    )


def _covers(patterns: str | list[str], text: str) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(text, pattern) for pattern in listed)


def simulation() -> dict[str, Any]:
    """Return the roles, each with `policies`, `allowed` and `denied`: lists of action, resource and context.

    `resource_policies` are those of keys by ARN: KMS allows nothing that a key's policy does not.
    """
    return {"roles": _roles(), "resource_policies": resource_policies()}


def _roles() -> dict[str, Any]:
    return {
        role: {
            "policies": policies()[role],
            "allowed": [[*each, _context(each)] for each in sorted(found.allowed)],
            "denied": [*EXPECTATIONS["must_not"].get(role, []), *([*each] for each in sorted(found.tolerated))],
        }
        for role, found in requests().items()
    }


def _context(request: IamRequest) -> dict[str, Any]:
    """Return the context keys of a request that the policies have conditions about."""
    service, name = request.action.split(":")
    if name.endswith("EventSourceMapping"):
        return {"lambda:FunctionArn": "arn:aws:lambda:REGION:ACCOUNT:function:alma-webhooks-STAGE-processor"}
    if name == "PassRole":
        return {"iam:PassedToService": "lambda.amazonaws.com"}
    return {"aws:CalledVia": ["cloudformation.amazonaws.com"]} if service == "kms" else {}


def write(path: Path) -> None:
    """Write the simulation, with an account, a region and a stage in place of the words for them."""
    text = json.dumps(simulation(), indent=1)
    for word, value in _VALUES.items():
        text = text.replace(word, value)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
