"""The checked-in record of the IAM requests that commands make, by the role that may run the command.

A command that makes a request which the record lacks fails its test. `IAM_RECORD=FILE` collects them instead;
`python -m tests.iam.record FILE` puts them into the record. To drop requests that nothing makes any more, delete the
record and collect those of all end-to-end tests. Requests that only tests in process make are in in_process.yaml.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import yaml

from tests.iam.requests import IamRequest
from tests.iam.roles import role_of

RECORD: Final = Path(__file__).with_name("record.json")
IN_PROCESS: Final = Path(__file__).with_name("in_process.yaml")
_VARIABLE: Final = "IAM_RECORD"
_DEFAULT_STACK: Final = "alma-webhooks-dev"
_DESCRIBE: Final = frozenset({"cloudformation:DescribeStacks", "cloudformation:CreateChangeSet"})


def recorded() -> dict[str, set[IamRequest]]:
    """Return the requests of the record by role."""
    data = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    return {role: {IamRequest(*each) for each in requests} for role, requests in data.items()}


def in_process() -> dict[str, set[IamRequest]]:
    """Return the requests that only tests in process make, by role."""
    data = yaml.safe_load(IN_PROCESS.read_text("utf-8"))
    return {role: {IamRequest(*each) for each in requests} for role, requests in data.items()}


def known() -> dict[str, set[IamRequest]]:
    """Return the requests of both by role."""
    found = recorded()
    for role, requests in in_process().items():
        found[role] = found.get(role, set()) | requests
    return found


def check(arguments: Sequence[str], calls: Iterable[str]) -> None:
    """Compare the requests of a command, as lines of JSON, with the record. Raise AssertionError for an unknown one."""
    if not (role := role_of(arguments)):
        return
    requests = [IamRequest(*json.loads(line)) for line in calls]
    stack = _stack_of(requests)
    made = {_for_any_stack(each, stack) for each in requests}
    if file := os.environ.get(_VARIABLE):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.writelines(f"{json.dumps([role, *request])}\n" for request in sorted(made))
        return
    unknown = made - _KNOWN.get(role, set())
    assert not unknown, f"{role}: tests/iam/record.json lacks {sorted(unknown)}"


def _stack_of(requests: Iterable[IamRequest]) -> str:
    """Return the name of the stack that a command describes first, or the default one."""
    found = (re.search(r":stack/([^/]+)/", resource) for action, resource in requests if action in _DESCRIBE)
    return next((re.sub("-(observability|notifications)$", "", each[1]) for each in found if each), _DEFAULT_STACK)


def _for_any_stack(request: IamRequest, stack: str) -> IamRequest:
    """Return a request with the words of the documented policies for the name of the stack and its stage."""
    resource = re.sub(rf"(?<![a-z-]){re.escape(stack)}(?![a-z0-9])", "alma-webhooks-STAGE", request.resource)
    return IamRequest(request.action, re.sub("/alma-webhooks/(?:dev|stg|prod)/", "/alma-webhooks/STAGE/", resource))


def update(file: Path) -> None:
    """Put the requests that were collected in a file into the record."""
    found = recorded()
    for line in file.read_text("utf-8").splitlines():
        role, *request = json.loads(line)
        found.setdefault(role, set()).add(IamRequest(*request))
    data = {role: sorted(requests) for role, requests in sorted(found.items())}
    RECORD.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


_KNOWN: Final = known()

if __name__ == "__main__":
    update(Path(sys.argv[1]))
