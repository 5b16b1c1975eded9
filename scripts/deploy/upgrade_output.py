"""Print the plans of `rollback` and `destroy --everything`, and the lines of results of the upgrade commands."""

from collections.abc import Iterator
from typing import Final

from scripts.cli.output import notice
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.deploy.everything import Deleted, Everything
from scripts.deploy.output import ALARMING, show_plan
from scripts.deploy.plan_lines import other_changes, removal_lines
from scripts.deploy.records import DeploymentRecord
from scripts.deploy.rollback import RollbackPlan
from scripts.deploy.upgrade_check import UpgradeCheck

_HEADINGS: Final = {
    "templates": "changed by the templates of this version",
    "defaults": "parameters whose default changed",
    "code": "code",
    "project": "changed by the project",
}


def show_rollback(planned: RollbackPlan) -> None:
    """Print which deployment a rollback restores, and what that changes by name."""
    record = planned.record
    notice(escape(f"restores the deployment of {record.time} (version {record.version}, project {record.project})"))
    show_plan(planned)


def ahead_line(record: DeploymentRecord) -> str:
    """Return the line that says that the project is no longer what is deployed."""
    return escape(
        f"The stack is as it was deployed on {record.time}. Your project folder is now ahead of it: the next deploy "
        "applies the folder again."
    )


def check_lines(found: UpgradeCheck) -> Iterator[str]:
    """Yield the versions, the changes by group, the removals and the deprecated keys."""
    yield f"deployed by  version {found.deployed or 'unknown'}"
    yield f"installed    version {found.version}"
    if found.plan.is_new:
        yield f"stack {found.plan.place.stack} does not exist; a deployment would create it"
    shown = other_changes(found.plan)
    for name, group in found.groups.items():
        if lines := [f"  {escape(str(each))}" for each in group if each in shown]:
            yield from (f"{_HEADINGS[name]}:", *lines)
    if flags := found.plan.removals.flags:
        yield f"removed (a deployment needs {flags}):"
        yield from (f"  {escape(line)}" for line, _ in removal_lines(found.plan.removals))
    if not found.plan.exit_code:
        yield "nothing would change"
    yield from (f"note: {note}" for note in found.plan.notes)
    yield from (escape(str(each)) for each in found.deprecated)
    if not found.deprecated:
        yield "nothing in the project is deprecated"


def show_everything(planned: Everything) -> None:
    """Print what a deletion of everything exports and deletes."""
    notice(f"export  the dead letters and the audit log to {planned.folder.resolve()}")
    for each in planned.destruction.stacks:
        notice(f"DELETE  stack {each['StackName']} ({each['StackStatus']})", style=ALARMING)
    for left in planned.leftovers:
        notice(f"DELETE  {left}", style=ALARMING)
    notice("The webhook URLs entered in Alma stop working, and nothing can be imported by a new deployment.")


def everything_lines(result: Deleted) -> Iterator[str]:
    """Yield the exported files, everything that was deleted, and what was not."""
    yield from (f"exported     {name}" for name in result.files)
    yield from (f"deleted      {name}" for name in result.deleted)
    yield from (f"NOT DELETED  {name}: {escape(reason)}" for name, reason in result.failed.items())
    yield f"{plural(len(result.deleted), 'item')} deleted"
