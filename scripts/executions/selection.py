"""Which of the executions found a command is about: those named, or all. Finds none itself."""

from collections.abc import Sequence
from typing import NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions.execution import Execution


class Selected(NamedTuple):
    """The executions that are meant, and the names that none of those found has."""

    executions: list[Execution]
    unknown: list[str]


def select(found: Sequence[Execution], names: Sequence[str]) -> Selected:
    """Select by name or ARN; all if none is named. Raise ConfigurationError for a name in several state machines."""
    if not names:
        return Selected(list(found), [])
    selected: dict[str, Execution] = {}
    unknown = []
    for name in dict.fromkeys(names):
        meant = [execution for execution in found if name in (execution.name, execution.arn)]
        if len(meant) > 1:
            where = " and ".join(execution.state_machine for execution in meant)
            raise ConfigurationError(f"{name} is the name of executions of {where}: say its ARN, or --state-machine.")
        selected |= {execution.arn: execution for execution in meant}
        unknown += [] if meant else [name]
    return Selected(list(selected.values()), unknown)


def check_is_not_empty(names: Sequence[str], filters: Sequence[object], *, everything: bool) -> None:
    """Raises ConfigurationError when nothing was said, which never means all, or when --all is said beside more."""
    is_said = bool(names) or any(filters)
    if not is_said and not everything:
        raise ConfigurationError(
            "Say which executions: by name or ARN, by --state-machine, --status or --since, or --all."
        )
    if is_said and everything:
        raise ConfigurationError("--all stands alone: leave it out, or the names and filters.")
