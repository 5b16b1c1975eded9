"""The roles of people who run commands, with the documented policies that each of them needs."""

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
    "reconcile": [policies("reconciliation.md")["Rights"]],
    "executions": [policies("executions.md")["Rights"]],
    "doctor": _DOCTOR,
    "repair": [*_DOCTOR, _PAGE["Recreate what was deleted by hand"]],
    "deployer": _DEPLOY,
    "remover": [*_DEPLOY, *_INSPECT, _PAGE["Roll back and remove everything"]],
    "sender": [*_INSPECT, policies("secrets.md")["Rights"]],
    "fixer": [*_CHANGE, *_DOCTOR, _PAGE["Recreate what was deleted by hand"], *_DEPLOY],
}

_COMMANDS: Final = {
    "dead-letters list": "inspect",
    "dead-letters show": "inspect",
    "dead-letters explain": "inspect",
    "dead-letters fix": "fixer",
    "dead-letters": "change",
    "trace": "inspect",
    "watch": "inspect",
    "secret": "secrets",
    "reconcile": "reconcile",
    "executions": "executions",
    "doctor": "doctor",
    "deploy": "deployer",
    "destroy": "deployer",
    "rollback": "remover",
    "upgrade-check": "deployer",
    "routes": "inspect",
    "send": "sender",
    "processor": "processor",  # the function, which is not a command
}


# Commands on files, and those that only ever call an emulator of their own.
_WITHOUT_RIGHTS: Final = frozenset({"", "run", "soak", "simulate", "init", "package", "template", "events", "--help"})


def role_of(arguments: Sequence[str]) -> str:
    """Return the role that may run a command; an empty text for one that needs no rights. Raise KeyError for others."""
    command = arguments[0] if arguments else ""
    if command in _WITHOUT_RIGHTS or command.startswith("-"):
        return ""
    if arguments[:1] == ("doctor",) and "--fix" in arguments:
        return "repair"
    if arguments[:1] == ("destroy",) and "--everything" in arguments:
        return "remover"
    return _COMMANDS.get(" ".join(arguments[:2])) or _COMMANDS[command]
