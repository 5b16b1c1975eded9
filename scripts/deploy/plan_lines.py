"""Turn the plan of a deployment or a rollback into lines for people. Prints nothing."""

from collections.abc import Iterator

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.deploy.removals import ALARMS, Removals
from scripts.deploy.rollback import RollbackPlan


def plan_lines(planned: DeploymentPlan | RollbackPlan) -> Iterator[tuple[str, bool]]:
    """Yield a line for each change, each removal, the cost and each note, and whether it is grave."""
    for difference in other_changes(planned):
        yield escape(str(difference)), False
    yield from ((escape(line), is_grave) for line, is_grave in removal_lines(planned.removals))
    if isinstance(planned, DeploymentPlan):
        if planned.costs:
            is_emulated = planned.values.get("Emulated") == "true"
            yield f"cost    {planned.costs.line(is_emulated=is_emulated)}", False
        yield from ((f"note: {note}", False) for note in planned.notes)


def removal_lines(removals: Removals) -> Iterator[tuple[str, bool]]:
    """Yield a line for each removal, each note, and each --allow-removal without effect, and whether it is grave."""
    for removal in removals.found:
        yield f"{'NARROW' if removal.is_narrowing else 'REMOVE'}  {removal}", True
    for note in removals.notes:
        yield f"note: {note}", False
    for name in removals.unused:
        yield f"note: --allow-removal {name} has no effect: this deployment removes nothing with that name", False


def dry_run_lines(planned: DeploymentPlan | RollbackPlan, command: str) -> Iterator[str]:
    """Yield the conclusion of a dry run, and the command that carries it out, with the removals that it must allow.

    AWS works out the changes of single resources when the plan is carried out.
    """
    if isinstance(planned, DeploymentPlan) and planned.is_new:
        yield f"stack {planned.place.stack} would be created"
    elif not planned.differences and not planned.removals.found:
        yield "nothing would change"
        return
    else:
        counts = {"change": len(other_changes(planned)), "removal": len(planned.removals.found)}
        yield ", ".join(plural(count, word) for word, count in counts.items() if count)
    yield f"to apply it: {' '.join(part for part in (command, planned.removals.flags) if part)}"


def other_changes(planned: DeploymentPlan | RollbackPlan) -> list[Difference]:
    """Return the differences that no removal shows too."""
    removed = {(each.word, each.name) for each in planned.removals.found}
    return [each for each in planned.differences if not _is_removal(each, removed)]


def _is_removal(difference: Difference, removed: set[tuple[str, str]]) -> bool:
    """Return whether a difference says the same as a removal: of a parameter only if it has no new value."""
    if difference.kind != "parameter":
        return (difference.kind, difference.name) in removed
    if difference.name == "Alarms":
        return (ALARMS, ALARMS) in removed
    return not difference.after and any(name in {difference.name, difference.before} for _, name in removed)
