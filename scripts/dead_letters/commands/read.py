"""The commands `dead-letters list`, `show` and `explain`: flags and output. They change nothing."""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import AuditOption, JudgedRoutesOption, Output, OutputOption, StackFlags
from scripts.cli.output import Data, fitted, print_result, width_of
from scripts.cli.terminal import escape, escaped_json
from scripts.dead_letters.explain import Explained
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import RequiredIdsArgument
from scripts.dead_letters.queue_checks import check_is_of_product, check_without_routes
from scripts.dead_letters.queue_name import QueueName, QueueOption
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.reports import dead_letter, listing
from scripts.dead_letters.reports import explain as report
from scripts.dead_letters.reveal import reveal
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import print_missing, service_for_reading
from scripts.routes.judged_routes import JudgedRoutes


class GroupBy(StrEnum):
    """What dead letters can be grouped by."""

    cause = "cause"


GroupOption = Annotated[
    GroupBy | None,
    typer.Option("--group-by", help="Count dead letters by class, route, target and field of the cause."),
]
BodyOption = Annotated[bool, typer.Option("--show-body", help="Show the whole body, personal data included.")]


def list_(
    *,
    queue: QueueOption = QueueName.webhooks,
    group_by: GroupOption = None,
    filters: Filters,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """List dead letters by time received: all, or those that match every filter.

    With --queue notifications: only --cause, --target, --since and --until.

    Example: alma-webhooks dead-letters list --group-by cause --stage prod

    Or: alma-webhooks dead-letters list --since 24h --where '"TIMDEX" in job_instance.name' --stage prod
    """
    with service_for_reading(stack, queue) as service:
        found = service.list(filters)
    data = listing.as_data(service.store, found, grouped=group_by is not None)
    print_result(output, data, listing.lines(data, width_of(sys.stdout), queue))


def show(
    *,
    ids: RequiredIdsArgument,
    queue: QueueOption = QueueName.webhooks,
    show_body: BodyOption = False,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show dead letters in full; of the body only codes, times and numbers, unless --show-body is passed.

    With --show-body, the audit log records who saw which body, before it is printed. Exit 1 if one is not found.

    Example: alma-webhooks dead-letters show 0123456789abcdef0123456789abcdef --stage prod
    """
    found: list[Data] = []
    texts: list[str] = []  # printed after the progress bar has ended, which would share the first line
    read_by = _reader(audit_file, show_body=show_body)
    with service_for_reading(stack, queue) as service, closing(read_by(service, ids)) as reads:
        for read in reads:
            found.append(dead_letter.as_data(read, service.store.now, show_body=show_body, name=queue))
            if output is Output.text:
                texts.append("\n".join(fitted(dead_letter.lines(found[-1]), width_of(sys.stdout))) + "\n\n")
                found[-1]["body"] = None
    typer.echo(f"{escaped_json({'dead_letters': found})}\n" if output is Output.json else "".join(texts), nl=False)
    if print_missing(ids, found, service.scope.options):
        raise typer.Exit(1)


def _reader(
    audit_file: Path | None, *, show_body: bool
) -> Callable[[DeadLetterService, Sequence[str]], Generator[ReadDeadLetter]]:
    """Return what yields the dead letters with these IDs, audited if their bodies are shown."""
    if show_body:
        return partial(reveal, audit_file=audit_file)
    if audit_file:
        raise ConfigurationError("--audit-file needs --show-body: without it, nothing is written to the audit log.")
    return DeadLetterService.show


def explain(
    *,
    ids: RequiredIdsArgument,
    queue: QueueOption = QueueName.webhooks,
    routes: JudgedRoutesOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Explain what a replay would do with dead letters, and suggest the next step. Send nothing.

    Uses the deployed routes file, and checks that each target exists. --output json also has what each target would
    get: the event's content. Exit 1 if a dead letter is not found, would fail again, or the result is not known.

    Of a notification it looks at the record of what was sent, and whether the secrets exist.

    Example: alma-webhooks dead-letters explain 0123456789abcdef0123456789abcdef --stage prod
    """
    check_is_of_product(queue, "explain")
    if queue == QueueName.notifications:
        _explain_notifications(ids, routes, stack, output)
        return
    with service_for_reading(stack) as service:
        judged, found = service.explain(ids, routes)
    data = [report.as_data(explained) for explained in found]
    if found or output is Output.json:
        lines = _explanation_lines(service.scope, judged, found)
        print_result(output, {"routes": judged.as_data(), "dead_letters": data}, lines)
    if print_missing(ids, data, service.scope.options) or not all(map(report.would_succeed, found)):
        raise typer.Exit(1)


def _explain_notifications(ids: list[str], routes: Path | None, stack: StackFlags, output: Output) -> None:
    from scripts.dead_letters.notification_explain import NotificationExplainer  # only now: these import much
    from scripts.dead_letters.reports import notification

    check_without_routes(routes)
    with service_for_reading(stack, QueueName.notifications) as service:
        explainer = NotificationExplainer(service.store)
        with closing(service.show(ids)) as reads:
            found = [explainer.explain(read) for read in reads]
    data = [notification.as_data(explained) for explained in found]
    if found or output is Output.json:
        lines = notification.lines(found, f"{service.scope.options}{service.store.queue_name.options}")
        print_result(output, {"dead_letters": data}, lines)
    if print_missing(ids, data, service.scope.options) or not all(map(notification.would_succeed, found)):
        raise typer.Exit(1)


def _explanation_lines(scope: StackContext, judged: JudgedRoutes, found: Sequence[Explained]) -> Iterator[str]:
    yield escape(judged.description)
    yield from report.lines(found, report.AdviceContext(scope.options, judged.deploying(scope.options)))
