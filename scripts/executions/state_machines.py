"""The state machines that routes start: a stack's own, and those that a routes file names by ARN. Does not call AWS."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from processor.routing import models
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import rendered_targets


class StateMachine(NamedTuple):
    """A state machine by the name that people use: the routes', or where they have but an ARN, that one's end."""

    name: str
    arn: str


def state_machines(stack: Stack, routes_file: Path, stage: str) -> list[StateMachine]:
    """All of them, each once. Raises ConfigurationError when the routes file cannot be read."""
    found = {arn: name for name, arn in stack.state_machines.items()}
    for arn in _named_by_arn(routes_file, stage):
        name = arn.rpartition(":")[2]
        found.setdefault(arn, arn if name in found.values() else name)
    return [StateMachine(name, arn) for arn, name in found.items()]


def chosen(known: Sequence[StateMachine], names: Sequence[str]) -> list[StateMachine]:
    """Those that are named, by name or ARN; all where none is. Raises ConfigurationError for one that is unknown."""
    for name in names:
        if not any(name in state_machine for state_machine in known):
            listed = ", ".join(state_machine.name for state_machine in known)
            raise ConfigurationError(f"--state-machine takes {listed}; {name!r} is none of them.")
    return [state_machine for state_machine in known if not names or set(names) & set(state_machine)]


def _named_by_arn(path: Path, stage: str) -> list[str]:
    file = _read(path)
    variables = {name: values for name, values in file.routes.stages.items() if name == stage}
    of_stage = replace(file, routes=file.routes.model_copy(update={"stages": variables}))
    rendered = [name for _, kind, names in rendered_targets(of_stage) if kind == "state_machine" for name in names]
    return [name for name in rendered if name.startswith("arn:")]


def _read(path: Path) -> models.RoutesFile:
    try:
        return models.read(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {cause}.") from None
    except models.InvalidRoutesError as error:
        raise ConfigurationError(f"{path}: {error.problems[0]}.") from None
