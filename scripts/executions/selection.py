"""Select executions by name or ARN, or all of them."""

from collections.abc import Sequence
from typing import NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions.execution import Execution


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


def check_is_not_empty(names: Sequence[str], filters: Sequence[object], *, everything: bool) -> None:
    """Raise ConfigurationError if nothing is selected, which never means all, or if --all is combined with more."""
    is_given = bool(names) or any(filters)
    if not is_given and not everything:
        raise ConfigurationError(
            "No executions selected: pass names, ARNs, --state-machine, --status, --since or --all."
        )
    if is_given and everything:
        raise ConfigurationError("--all cannot be combined with names or filters; omit one or the other.")
