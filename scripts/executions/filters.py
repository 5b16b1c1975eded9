"""Select executions by filters, by name or ARN, or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import typer

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, parse_moment
from scripts.executions.execution import Execution, Status
from scripts.routes.completion import state_machine_names


@dataclass(frozen=True)
class ExecutionFilters:
    """The filters of a command; an empty one always matches. Raise ConfigurationError for an invalid time.

    To add a filter, add a field here with its flag, which both commands then have, and its test to find.py.
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


class Selected(NamedTuple):
    """The selected executions, and the names that match none."""

    executions: list[Execution]
    unknown: list[str]


def select(found: Sequence[Execution], names: Sequence[str]) -> Selected:
    """Select by name or ARN; all if none is named. Raise ConfigurationError for a name in several state machines."""
    if not names:
        return Selected(list(found), [])
    selected: dict[str, Execution] = {}
    unknown = []
    for name in dict.fromkeys(names):
        matching = [execution for execution in found if name in (execution.name, execution.arn)]
        if len(matching) > 1:
            where = " and ".join(execution.state_machine for execution in matching)
            raise ConfigurationError(f"Several executions are named {name} ({where}): pass the ARN or --state-machine.")
        selected |= {execution.arn: execution for execution in matching}
        unknown += [] if matching else [name]
    return Selected(list(selected.values()), unknown)


def check_is_not_empty(names: Sequence[str], filters: ExecutionFilters, *, everything: bool) -> None:
    """Raise ConfigurationError if nothing is selected, which never means all, or if --all is combined with more."""
    is_given = bool(names) or filters != ExecutionFilters()
    if not is_given and not everything:
        raise ConfigurationError(
            "No executions selected: pass names, ARNs, --state-machine, --status, --since or --all."
        )
    if is_given and everything:
        raise ConfigurationError("--all cannot be combined with names or filters; omit one or the other.")
