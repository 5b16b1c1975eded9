"""The command `dead-letters fix`: flags, questions and output."""

from dataclasses import replace
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.advice import Advice
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.progress import ConsoleProgress
from scripts.cli.prompts import can_ask
from scripts.cli.terminal import escape
from scripts.cli.times import parse_duration
from scripts.cli.wait_options import TimeoutOption
from scripts.dead_letters.commands.replay import check_outcomes
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import IDS_HELP, YesOption
from scripts.dead_letters.reader import open_dead_letters
from scripts.dead_letters.reports.explain import NextStep
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import VISIBLE_AGAIN, check_all_found
from scripts.doctor.repair.fix import FixResult
from scripts.fixes import report
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup
from scripts.fixes.route_change import change_routes
from scripts.fixes.service import FixPlan, FixService, Replayed
from scripts.fixes.statement import MissingRight, missing_right

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

    --yes skips the questions: then no editor is opened, and nothing is replayed to a topic without subscriptions.
    Without --yes and without a terminal it is a dry run. Exit 1 if something is left, failed again, or has no outcome.
    """
    limit = parse_duration("--timeout", timeout).total_seconds()
    with stack_command(stack, _INTERRUPTED) as (scope, interrupts):
        store = open_dead_letters(scope)
        dead_letters = DeadLetterService(store, ConsoleProgress(NOTICES), interrupts.deferred, audit_file)
        service = FixService(dead_letters, interrupts, notice, audit_file)
        plan = service.plan(replace(filters, ids=tuple(ids or ())))
        reporter = _reporter(service)
        if _is_confirmed(plan, reporter, output, yes=yes):
            _Fixing(service, plan, reporter, output).run(stack, limit, yes=yes)
        check_all_found(plan.selection)


class _Fixing:
    """One run of the command, after its confirmation."""

    def __init__(self, service: FixService, plan: FixPlan, reporter: report.Reporter, output: Output) -> None:
        self._service = service
        self._plan = plan
        self._reporter = reporter
        self._output = output
        self._restored: FixResult | None = None
        self._replayed: Replayed | None = None
        self._done = _ids(plan.of(FixAction.replay))

    def run(self, stack: StackFlags, limit: float, *, yes: bool) -> None:
        """Restore, change the routes and replay; print the result also after a failure or an interruption."""
        try:
            if self._plan.faults:
                self._restored = self._service.restore()
            if self._restored and self._restored.is_complete:
                self._done |= self._recreated(yes=yes)
            self._done |= self._deployed(stack, yes=yes)
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

    def _recreated(self, *, yes: bool) -> frozenset[str]:
        """Return the IDs to replay to recreated targets: not to a topic without subscribers, unless the user says so.

        A recreated topic has none of the subscriptions that were made outside the stack.
        """
        kept = [
            group
            for group in self._plan.of(FixAction.recreate)
            if self._service.has_no_subscription(group) and (yes or not _is_replayed_to_nobody(group))
        ]
        groups = [_subscribed_first(group) if group in kept else group for group in self._plan.groups]
        self._plan = self._plan._replace(groups=groups)
        return _ids([group for group in groups if group.action is FixAction.recreate])

    def _deployed(self, stack: StackFlags, *, yes: bool) -> frozenset[str]:
        """Return the IDs of the dead letters that the routes deliver after their change and deployment."""
        actions, routes = {FixAction.change_route, FixAction.deploy}, self._service.routes
        groups = [group for group in self._plan.groups if group.action in actions]
        if not groups:
            return frozenset()
        if routes is None:
            notice("The routes cannot be changed here: pass --project FOLDER, or run this command in the folder.")
            return frozenset()
        change = change_routes(routes, groups, stack, yes=yes)
        others = [group for group in self._plan.groups if group.action not in actions]
        self._plan = self._plan._replace(groups=[*others, *change.groups])
        return _ids(self._plan.of(FixAction.deploy)) if change.is_deployed else frozenset()


def _is_replayed_to_nobody(group: CauseGroup) -> bool:
    topic = escape(group.cause.target.partition(":")[2])
    return typer.confirm(f"The topic {topic} has no subscription, so a message reaches nobody. Replay now?", err=True)


def _subscribed_first(group: CauseGroup) -> CauseGroup:
    """Return the group as one that is left until the topic has subscribers."""
    step = NextStep(Advice.subscribe_first, (("topic", group.cause.target.partition(":")[2]),))
    return group._replace(action=FixAction.none, step=step)


def _ids(groups: list[CauseGroup]) -> frozenset[str]:
    return frozenset(id_ for group in groups for id_ in group.ids)


def _reporter(service: FixService) -> report.Reporter:
    def place(group: CauseGroup) -> str:
        return str(service.routes.place(group.cause)) if service.routes else ""

    def right(group: CauseGroup) -> MissingRight:
        return missing_right(service.scope, group.cause)

    return report.Reporter(service.scope.options, can_ask(), place, right)


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
    for line in lines:
        notice(line)
    if is_asked and not typer.confirm("Do this?", err=True):
        raise RejectedError("Nothing was changed.")
    return True
