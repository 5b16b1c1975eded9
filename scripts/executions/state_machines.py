"""List the state machines that routes start: those of a stack, and those in a routes file. Does not call AWS."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import rendered_targets, text_of


class StateMachine(NamedTuple):
    """A state machine. `name` is its name in the routes, or the end of its ARN if the routes use that."""

    name: str
    arn: str


def state_machines(stack: Stack, routes_file: Path, stage: str) -> list[StateMachine]:
    """Return all state machines, each once. Raise ConfigurationError if the routes file cannot be read."""
    found = {arn: name for name, arn in stack.state_machines.items()}
    for arn in _named_by_arn(routes_file, stage):
        name = arn.rpartition(":")[2]
        found.setdefault(arn, arn if name in found.values() else name)
    return [StateMachine(name, arn) for arn, name in found.items()]


def chosen(known: Sequence[StateMachine], names: Sequence[str]) -> list[StateMachine]:
    """Return the state machines with these names or ARNs; all if none is given.

    Raise ConfigurationError for an unknown one.
    """
    for name in names:
        if not any(name in state_machine for state_machine in known):
            listed = ", ".join(state_machine.name for state_machine in known)
            raise ConfigurationError(f"--state-machine: unknown state machine {name!r}; use one of {listed}.")
    return [state_machine for state_machine in known if not names or set(names) & set(state_machine)]


def _named_by_arn(path: Path, stage: str) -> list[str]:
    try:
        routes = compile_routes(text_of(path))
    except InvalidRoutesError as error:
        raise ConfigurationError(f"{path}: {error.problems[0]}.") from None
    rendered = [name for _, kind, names in rendered_targets(routes, stage) if kind == "state_machine" for name in names]
    return [name for name in rendered if name.startswith("arn:")]
