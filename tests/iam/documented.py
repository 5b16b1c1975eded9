"""The documented policies that each role of people needs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.policies import policies

_PAGE: Final = policies("permissions.md")
_INSPECT: Final = [_PAGE["Look at dead letters"]]
_CHANGE: Final = [*_INSPECT, _PAGE["Change dead letters"]]
_DOCTOR: Final = [policies("doctor.md")["Rights"]]
_DEPLOY: Final = [_PAGE["The deployer"], _PAGE["The deployer 2"]]

POLICIES: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "inspect": _INSPECT,
    "change": _CHANGE,
    "secrets": [policies("secrets.md")["Rights"]],
    "topics": [_PAGE["Topics of notifications"]],
    "reconcile": [policies("reconciliation.md")["Rights"]],
    "executions": [policies("executions.md")["Rights"]],
    "finder": [*_INSPECT, _PAGE["Find in executions"]],
    "issues": [*_INSPECT, policies("executions.md")["Rights"], policies("issues.md")["Rights"]],
    "doctor": _DOCTOR,
    "repair": [*_DOCTOR, _PAGE["Recreate what was deleted by hand"]],
    "deployer": _DEPLOY,
    "remover": [*_DEPLOY, *_INSPECT, _PAGE["Roll back and remove everything"]],
    "sender": [*_INSPECT, policies("secrets.md")["Rights"]],
    "fixer": [*_CHANGE, *_DOCTOR, _PAGE["Recreate what was deleted by hand"], *_DEPLOY],
}
