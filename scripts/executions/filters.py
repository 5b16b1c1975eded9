"""Select executions and state machines by filters, by name or ARN, or all of them. Does not call AWS."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, parse_moment
from scripts.executions.find import Execution, StateMachine, Status
from scripts.project.mistakes import text_of
from scripts.routes.check import rendered_targets
from scripts.routes.completion import state_machine_names


def state_machines(stack: Stack, routes_file: Path | None, stage: str) -> list[StateMachine]:
    """Return all state machines, each once; those of the stack alone without a routes file.

    Raise ConfigurationError if the routes file cannot be read.
    """
    found = {arn: name for name, arn in stack.state_machines.items()}
    for arn in _named_by_arn(routes_file, stage) if routes_file else ():
        name = arn.partition(":stateMachine:")[2]
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


def _named_by_arn(path: Path, stage: str) -> tuple[str, ...]:
    try:
        return _arns_in(text_of(path), stage)
    except InvalidRoutesError as error:
        raise ConfigurationError(f"{path}: {error.problems[0]}.") from None


@lru_cache(maxsize=4)  # the console lists executions again and again, and compiling routes takes longer than the rest
def _arns_in(text: str, stage: str) -> tuple[str, ...]:
    targets = rendered_targets(compile_routes(text), stage)
    rendered = [name for _, kind, names in targets if kind == "state_machine" for name in names]
    return tuple(name for name in rendered if name.startswith("arn:"))


@dataclass(frozen=True)
class ExecutionFilters:
    """The filters of a command; an empty one always matches. Raise ConfigurationError for an invalid time.

    To add a filter, add a field here with its flag, which `list` and `redrive` then have, its predicate to `find` in
    find.py, which service.py calls, its value to `as_facts`, and its flag to the message of `check_is_not_empty`.
    """

    state_machines: Annotated[
        tuple[str, ...],
        typer.Option(
            "--state-machine",
            autocompletion=state_machine_names,
            help="Filter by state machine, e.g. pod. Repeat the flag for several.",
        ),
    ] = ()
    statuses: Annotated[
        tuple[Status, ...], typer.Option("--status", case_sensitive=False, help="Filter by status.")
    ] = ()
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Ended since TIME: 90m, 24h or 3d ago, or an RFC 3339 time.")
    ] = ""

    def __post_init__(self) -> None:
        _ = self.begin

    @property
    def begin(self) -> Moment | None:
        """The earliest end."""
        return parse_moment("--since", self.since) if self.since else None

    def as_facts(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the filters for the audit log, without empty ones; of names only their number."""
        statuses = [status.value for status in self.statuses]
        facts = {"names": len(names), "state_machines": list(self.state_machines), "statuses": statuses}
        begin = {"since": str(self.begin)} if self.begin else {}
        return {name: value for name, value in facts.items() if value} | begin


def select(found: Sequence[Execution], names: Sequence[str]) -> tuple[list[Execution], list[str]]:
    """Select by name or ARN, all if none is named. Return the executions, and the names that match none.

    Raise ConfigurationError for a name in several state machines.
    """
    if not names:
        return list(found), []
    selected: dict[str, Execution] = {}
    unknown = []
    for name in dict.fromkeys(names):
        matching = [execution for execution in found if name in (execution.name, execution.arn)]
        if len(matching) > 1:
            where = " and ".join(execution.state_machine for execution in matching)
            raise ConfigurationError(f"Several executions are named {name} ({where}): pass the ARN or --state-machine.")
        selected |= {execution.arn: execution for execution in matching}
        unknown += [] if matching else [name]
    return list(selected.values()), unknown


def check_is_not_empty(names: Sequence[str], filters: ExecutionFilters, *, everything: bool) -> None:
    """Raise ConfigurationError if nothing is selected, which never means all, or if --all is combined with more."""
    is_given = bool(names) or filters != ExecutionFilters()
    if not is_given and not everything:
        raise ConfigurationError(
            "No executions selected: pass names, ARNs, --state-machine, --status, --since or --all."
        )
    if is_given and everything:
        raise ConfigurationError("--all cannot be combined with names or filters; omit one or the other.")
