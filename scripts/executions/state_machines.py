"""The workflows that routes start: a stack's state machines, and those that a routes file names by ARN. Asks no AWS."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from processor.routing import models
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import rendered_targets


class Workflow(NamedTuple):
    """A state machine by the name that people use: the routes', or where they have but an ARN, that one's end."""

    name: str
    arn: str


def workflows(stack: Stack, routes_file: Path, stage: str) -> list[Workflow]:
    """All of them, each once. Raises ConfigurationError when the routes file cannot be read."""
    found = {arn: name for name, arn in stack.state_machines.items()}
    for arn in _named_by_arn(routes_file, stage):
        name = arn.rpartition(":")[2]
        found.setdefault(arn, arn if name in found.values() else name)
    return [Workflow(name, arn) for arn, name in found.items()]


def chosen(known: Sequence[Workflow], names: Sequence[str]) -> list[Workflow]:
    """Those that are named, by name or ARN; all where none is. Raises ConfigurationError for one that is unknown."""
    for name in names:
        if not any(name in workflow for workflow in known):
            listed = ", ".join(workflow.name for workflow in known)
            raise ConfigurationError(f"--workflow takes {listed}; {name!r} is none of them.")
    return [workflow for workflow in known if not names or set(names) & set(workflow)]


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
