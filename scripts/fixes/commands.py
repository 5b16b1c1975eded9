"""The command `dead-letters fix`: flags, questions and output."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.aws.context import StackContext
from scripts.aws.stack_command import stack_command
from scripts.cli.advice import Advice
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags, TimeoutOption
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.progress import ConsoleProgress
from scripts.cli.prompts import can_ask
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.cli.times import parse_duration
from scripts.dead_letters.commands.replay import check_outcomes
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import IDS_HELP, YesOption
from scripts.dead_letters.queue_checks import check_can_fix
from scripts.dead_letters.queue_name import QueueName, QueueOption
from scripts.dead_letters.reports.explain import NextStep
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import VISIBLE_AGAIN, check_all_found
from scripts.dead_letters.store import open_dead_letters
from scripts.doctor.repair.fix import FixResult
from scripts.fixes import report
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup
from scripts.fixes.route_change import change_routes
from scripts.fixes.service import FixPlan, FixService, Replayed
from scripts.fixes.subscribers import check_subscribers

IdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help=f"{IDS_HELP} Default: all dead letters.", show_default=False)
]

EXAMPLES: Final = "Example: alma-webhooks dead-letters fix --stage prod"

_INTERRUPTED: Final = (
    f"Interrupted. {VISIBLE_AGAIN} Run the command again: nothing is delivered twice. CloudFormation finishes a change "
    "that has started."
)


def fix(
    *,
    ids: IdsArgument = None,
    filters: Filters,
    queue: QueueOption = QueueName.webhooks,
    yes: YesOption = False,
    timeout: TimeoutOption = "60s",
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Fix the causes of dead letters, then replay them and wait for their outcomes. Asks before it changes anything.

    Recreates missing targets of the stack, enables a disabled mapping, restores policies; opens your editor at the
    route that fails, tests and deploys the routes; replays. Of a missing right it prints the statement. It never
    changes IAM policies, and discards nothing.

    --yes skips the questions: then no editor is opened, and nothing is replayed to a topic that was missing or refused
    the event and has no confirmed subscription. If its subscriptions may not be read, nothing is replayed to it at all.
    Without --yes and without a terminal it is a dry run. Exit 1 if something is left, failed again, or has no outcome.
    """
    check_can_fix(queue)
    limit = parse_duration("--timeout", timeout).total_seconds()
    with stack_command(stack, _INTERRUPTED) as (scope, interrupts):
        service = _service(scope, interrupts, audit_file)
        plan = service.plan(replace(filters, ids=tuple(ids or ())))
        reporter = report.Reporter(service, can_ask())
        if _is_confirmed(plan, reporter, output, yes=yes):
            _Fixing(service, plan, reporter, output).run(stack, limit, yes=yes)
        check_all_found(plan.selection)


def _service(scope: StackContext, interrupts: Interrupts, audit_file: Path | None) -> FixService:
    store = open_dead_letters(scope)
    dead_letters = DeadLetterService(store, ConsoleProgress(NOTICES), interrupts.deferred, audit_file)
    return FixService(dead_letters, interrupts, notice, audit_file)


class _Fixing:
    """One run of the command, after its confirmation."""

    def __init__(self, service: FixService, plan: FixPlan, reporter: report.Reporter, output: Output) -> None:
        self._service = service
        self._plan = plan
        self._reporter = reporter
        self._output = output
        self._restored: FixResult | None = None
        self._replayed: Replayed | None = None
        self._done = frozenset[str]()

    def run(self, stack: StackFlags, limit: float, *, yes: bool) -> None:
        """Restore, change the routes and replay; print the result also after a failure or an interruption."""
        try:
            if self._plan.faults:
                self._restored = self._service.restore()
            is_deployed = self._is_deployed(stack, yes=yes)
            self._done = self._fixed(is_deployed=is_deployed, yes=yes)
            if self._done:
                self._replayed = self._service.open_replay(self._done)
                self._service.replay(self._replayed, limit)
        finally:
            done = self._done if self._replayed else frozenset[str]()
            data = self._reporter.result_data(self._plan, self._restored, self._replayed, done)
            print_result(self._output, data, report.result_lines(data))
        if self._replayed:
            check_outcomes(self._replayed.waited, self._service.scope.options)
        if data["left"]:
            raise FailedError(f"{sum(len(group['ids']) for group in data['left']):,} left; see the next steps above.")

    def _is_deployed(self, stack: StackFlags, *, yes: bool) -> bool:
        """Change the routes that fail and deploy them; return whether they are deployed."""
        actions, routes = {FixAction.change_route, FixAction.deploy}, self._service.routes
        groups = [group for group in self._plan.groups if group.action in actions]
        if not groups:
            return False
        if routes is None:
            notice("The routes cannot be changed here: pass --project FOLDER, or run this command in the folder.")
            return False
        changed, is_deployed = change_routes(routes, groups, stack, yes=yes)
        others = [group for group in self._plan.groups if group.action not in actions]
        self._plan = self._plan._replace(groups=[*others, *changed])
        return is_deployed

    def _fixed(self, *, is_deployed: bool, yes: bool) -> frozenset[str]:
        """Return the IDs to replay: those of which every failure is fixed, and every topic has subscribers."""
        actions = {FixAction.replay, FixAction.recreate, *([FixAction.deploy] if is_deployed else [])}
        is_restored = bool(self._restored and self._restored.is_complete)

        def is_fixed(group: CauseGroup) -> bool:
            return group.action in actions and (is_restored or not group.recreated)

        groups = [self._with_subscribers(each, yes=yes) if is_fixed(each) else each for each in self._plan.groups]
        self._plan = self._plan._replace(groups=groups)
        return frozenset(id_ for group in filter(is_fixed, groups) for id_ in group.ids)

    def _with_subscribers(self, group: CauseGroup, *, yes: bool) -> CauseGroup:
        """Return the group, as one that is left if a topic has no subscribers and the user does not say to replay it.

        A recreated topic has none of the subscriptions that were made outside the stack. One that refused an event may
        have been recreated since then. If the subscriptions may not be read, nobody is asked, and the group is left.
        """
        topics = dict.fromkeys((*group.recreated, *group.refused))
        found = check_subscribers(self._service.scope, topics)
        silent, unread = ", ".join(found.silent), ", ".join(found.unread)
        if unread:
            step = NextStep(Advice.read_subscriptions, (("topic", unread), ("fix", found.fix)))
        elif not silent or (not yes and _is_replayed_to_nobody(escape(silent))):
            return group
        else:
            step = NextStep(Advice.subscribe_first, (("topic", silent),))
        return group._replace(action=FixAction.none, step=step)


def _is_replayed_to_nobody(topics: str) -> bool:
    return typer.confirm(f"No subscription to {topics} was found, so a message may reach nobody. Replay now?", err=True)


def _is_confirmed(plan: FixPlan, reporter: report.Reporter, output: Output, *, yes: bool) -> bool:
    """Show the plan, and return whether to carry it out.

    Without a terminal it is a dry run, unless `yes`. Raise FailedError if there are dead letters and nothing can be
    done here, RejectedError if the answer is no.
    """
    data = reporter.plan_data(plan)
    lines = list(report.plan_lines(data))
    is_asked = not yes and can_ask()
    has_work = plan.has_work(can_edit=is_asked)
    if not has_work or not (yes or is_asked):
        print_result(output, data, [*lines, *(["dry run: pass --yes to apply"] if has_work else [])])
        if plan.groups and not has_work:
            raise FailedError("Nothing can be fixed here; see the next steps above.")
        return False
    notice(*lines)
    if is_asked and not typer.confirm("Do this?", err=True):
        raise RejectedError("Nothing was changed.")
    return True
