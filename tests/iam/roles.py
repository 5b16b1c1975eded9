"""The roles of those who run code: of people by command, and by the modules of the code."""

from collections.abc import Mapping, Sequence
from typing import Final

_COMMANDS: Final = {
    "dead-letters list": "inspect",
    "dead-letters show": "inspect",
    "dead-letters explain": "inspect",
    "dead-letters fix": "fixer",
    "dead-letters": "change",
    "trace": "inspect",
    "watch": "inspect",
    "find": "finder",
    "secret": "secrets",
    "topics": "topics",
    "notify": "topics",
    "reconcile": "reconcile",
    "executions": "executions",
    "issues": "issues",
    "doctor": "doctor",
    "deploy": "deployer",
    "destroy": "deployer",
    "rollback": "remover",
    "upgrade-check": "deployer",
    "routes": "inspect",
    "send": "sender",
    "processor": "processor",  # the function, which is not a command
}
# The roles that run the features of `scripts`, by folder.
_FEATURES: Final[Mapping[str, frozenset[str]]] = {
    "routes": frozenset({"inspect"}),
    "route_diff": frozenset({"inspect"}),
    "request_trace": frozenset({"inspect"}),
    "watch": frozenset({"inspect", "change"}),
    "drain": frozenset({"inspect", "change", "doctor"}),
    "dead_letters": frozenset({"inspect", "change"}),
    "fixes": frozenset({"fixer"}),
    "executions": frozenset({"executions"}),
    "find": frozenset({"finder"}),
    "event_life": frozenset({"inspect", "executions"}),
    "issues": frozenset({"issues"}),
    "secret": frozenset({"secrets"}),
    "topics": frozenset({"topics"}),
    "reconciliation": frozenset({"reconcile"}),
    "doctor": frozenset({"doctor", "repair"}),
    "overview": frozenset({"reconcile", "doctor"}),
    "console": frozenset({"inspect", "change", "executions", "finder", "issues", "topics", "reconcile", "doctor"}),
    "deploy": frozenset({"deployer", "remover"}),
    "local": frozenset({"sender"}),
}
_PEOPLE: Final = frozenset[str]().union(*_FEATURES.values())
_FUNCTIONS: Final = {"ingest": frozenset({"ingest", "heartbeat"}), "processor": frozenset({"processor"})}

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


def roles_of_code(modules: Sequence[str]) -> frozenset[str]:
    """Return the roles that may make a call, by the modules that led to it, the caller first; none on an emulator.

    The feature that began decides, because it uses others. Everybody may run what all features of `scripts` share.
    """
    scripts = [module.split("/")[1] for module in modules if module.startswith("scripts/")]
    if not scripts:
        return _FUNCTIONS[modules[0].split("/")[0]]
    is_on_emulator = "local" in scripts and "scripts/local/send.py" not in modules
    if is_on_emulator or "devtools" in scripts:
        return frozenset()
    features = [_FEATURES[folder] for folder in scripts if folder in _FEATURES]
    return features[-1] if features else _PEOPLE
