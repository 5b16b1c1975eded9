"""Print plans and change sets, and the lines of the results of deployments and deletions."""

from collections import Counter
from collections.abc import Iterable, Iterator
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from scripts.cli.options import Output
from scripts.cli.output import notice, print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.deploy.change_sets import ChangeSet, ResourceChange
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.destruction import Destruction
from scripts.deploy.plan_lines import plan_lines
from scripts.deploy.rollback import RollbackPlan

if TYPE_CHECKING:
    from scripts.deploy.service import DeploymentResult, DeployService

_GRAVE: Final = ("remove", "replace")
ALARMING: Final = "bold red"


def show_plan(planned: DeploymentPlan | RollbackPlan) -> None:
    """Print warnings, what a deployment or a rollback changes by name, what is removed, and what a deployment costs."""
    if isinstance(planned, DeploymentPlan):
        _show_all((escape(warning), False) for warning in planned.warnings)
    _show_all(plan_lines(planned))


def show_changes(change_set: ChangeSet) -> None:
    """Print a change set."""
    notice(f"changes to stack {change_set.request.name}:")
    _show_all(_change_lines(change_set.changes))
    if change_set.request.kind == "IMPORT":
        notice("This imports what a deleted stack left behind. A second change set with the rest follows.")


def show_destruction(planned: Destruction) -> None:
    """Print what a deletion deletes, and what it keeps."""
    for each in planned.stacks:
        notice(f"delete  stack {each['StackName']} ({each['StackStatus']})", style=ALARMING)
    notice(f"delete  {plural(planned.resources(), 'resource')}; the webhook URLs entered in Alma stop working")
    for kept in planned.kept:
        notice(f"keep    {kept.kind:<22}  {kept.name}")
    notice(f"keep    the secrets of the Alma profiles, /alma-webhooks/{planned.stage}/…")


def result_lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield what to enter in Alma and in DNS, and where notifications are posted."""
    for profile in data["profiles"]:
        yield f"profile   {profile['profile']}"
        yield f"  webhook URL  {quote(profile['listener_url'])}"  # that of the emulator has a dollar sign
        yield f"  secret       not shown; to show it: {profile['show_secret']}"
        yield f"  in Alma      {profile['enter']}"
    if notifications := data.get("notifications"):
        yield "notifications"
        yield f"  URL          {quote(notifications['url_base'] + 'CHANNEL/TOPIC')}"
        yield f"  topics       {notifications['topics']}"
        yield f"  API key      {notifications['api_key']}"
    if record := data.get("dns_record"):
        yield f"DNS record to create: {record['name']} {record['type']} {record['value']}"


def proof_lines(proof: dict[str, Any]) -> Iterator[str]:
    """Yield the result of a proof that did not fail."""
    if proof["state"] == "proven":
        yield f"proven    heartbeat {proof['receipt_id']} was delivered after {proof['seconds']} s"
    else:
        ahead = proof["events_ahead"]
        yield f"accepted; {plural(ahead, 'event is', 'events are')} ahead of it"
        yield f"  follow it     {proof['follow']}"


def print_proven(service: "DeployService", result: "DeploymentResult", output: Output) -> None:
    """Print the result of a deployment or a rollback, prove it, and print the proof. Raise FailedError."""
    for unchanged in (each["stack"] for each in result.data["stacks"] if not each["changes"]):
        notice(f"stack {unchanged}: nothing to change")
    if output is Output.text:
        print_result(output, None, result_lines(result.data))
    try:
        service.prove(result)
    finally:  # programs need the result even if the proof failed
        if output is Output.json:
            print_result(output, result.data, ())
    if output is Output.text:
        print_result(output, None, proof_lines(result.data["proof"]))


def destruction_lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield what was deleted, what was kept, and the events that arrived meanwhile."""
    yield f"deleted  {', '.join(data['deleted'])}"
    for kept in data["kept"]:
        yield f"kept     {kept['type']:<22}  {kept['name']}"
    for queue, count in data["came"].items():
        yield (
            f"arrived  {plural(count, 'event')} during the deletion, in the {queue}. It keeps events for 4 days: "
            "deploy again before that"
        )


def _change_lines(changes: Iterable[ResourceChange]) -> Iterator[tuple[str, bool]]:
    """Yield a line for each change, removals and replacements first. Additions are counted by type."""
    for action in (*_GRAVE, "may replace", "import", "change"):
        word = action.upper() if action in _GRAVE else action
        for change in (each for each in changes if each.action == action):
            yield f"  {word:<11}  {change.kind:<30}  {change.name}", action in _GRAVE
    for kind, count in sorted(Counter(change.kind for change in changes if change.action == "add").items()):
        yield f"  {'add':<11}  {kind:<30}  {count}", False


def _show_all(lines: Iterable[tuple[str, bool]]) -> None:
    for line, is_grave in lines:
        notice(line, style=ALARMING if is_grave else "")
