"""The commands `topics list`, `show`, `apply` and `delete`: flags, questions, output. `TopicService` does the work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.aws.stack_command import command_at, stack_command
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import Output, OutputOption, SkipPromptOption, StackFlags
from scripts.cli.output import notice, print_result
from scripts.cli.plural import plural
from scripts.cli.prompts import check_can_ask

if TYPE_CHECKING:
    from scripts.topics.service import TopicPlan, TopicService

TopicArgument = Annotated[str, typer.Argument(metavar="CHANNEL/TOPIC", help="A topic of the stage.")]
PruneOption = Annotated[
    bool, typer.Option("--prune", help="Remove the topics that are not in the file; their posts and events fail.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the differences and change nothing.")]

_UNCHANGED: Final = "Interrupted; nothing was changed."
_INTERRUPTED: Final = (
    "Interrupted: topics that were written stay. To see what is left: alma-webhooks topics apply --dry-run {options}"
)


def list_(*, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """List the topics of a stage: id (the topic hash), integrations, and secrets that are missing. Changes nothing.

    Example: alma-webhooks topics list --stage prod
    """
    from scripts.topics import report

    with opened(stack, _UNCHANGED) as service:
        found = service.topics()
        missing, options = service.missing(found), service.scope.options
        topics = [report.topic_data(each, missing, options) for each in found]
        lines = report.list_lines(topics, f"alma-webhooks topics apply {options}")
        print_result(output, {"topics": topics}, lines)


def show(*, topic: TopicArgument, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Show a topic: its id (the topic hash), and the content of each integration. Changes nothing.

    Example: alma-webhooks topics show library/jobs --stage prod
    """
    from scripts.topics import report

    check_path(topic)
    with opened(stack, _UNCHANGED) as service:
        found = service.show(topic)
        data = report.shown_topic(found, service.missing([found]), service.scope.options)
        print_result(output, data, report.topic_lines(data))


def apply(
    *,
    prune: PruneOption = False,
    dry_run: DryRunOption = False,
    yes: SkipPromptOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Write the topics of the project's notifications.yaml. Shows every difference, and asks before it writes.

    A topic keeps its id. Only --prune removes topics that are not in the file: posts to them are answered with 404, and
    events of routes to them become dead letters. Exits 1 if somebody else changed a topic meanwhile; it is left as is.

    Example: alma-webhooks topics apply --stage prod --dry-run
    """
    from scripts.aws.address import address_of_project
    from scripts.project.declared_topics import declared_topics
    from scripts.topics.service import TopicService

    check_can_ask(yes=yes or dry_run)
    address = address_of_project(stack)
    declared = declared_topics(address.needed_project.notifications)
    with command_at(address, _INTERRUPTED) as (scope, _):
        service = TopicService(scope)
        service.check_project(address.needed_project.file.name)
        plan = service.plan(declared, prune=prune)
        if dry_run:
            _print_plan(service, plan, output)
        else:
            _apply(service, plan, output, yes=yes)


def _print_plan(service: "TopicService", plan: "TopicPlan", output: Output) -> None:
    from scripts.topics import report

    options = service.scope.options
    print_result(output, report.plan_data(plan, options), report.plan_lines(plan, options))
    notice("Dry run: nothing was changed.")


def _apply(service: "TopicService", plan: "TopicPlan", output: Output, *, yes: bool) -> None:
    """Show a plan, ask, and carry it out. Print the result so far after an error too."""
    from scripts.topics import report

    notice(*report.plan_lines(plan, service.scope.options))
    if plan.to_do:
        confirm(f"Change {plural(len(plan.to_do), 'topic')}?", yes=yes)
    try:
        service.apply(plan)
    finally:
        data = report.plan_data(plan, service.scope.options, is_applied=True)
        print_result(output, data, report.result_lines(data))


def delete(
    *,
    topic: TopicArgument,
    yes: SkipPromptOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Delete a topic. Shows what goes, and asks.

    Afterwards posts to it are answered with 404, and events of routes to it become dead letters.

    The secrets of its integrations stay. If notifications.yaml has the topic, the next `apply` creates it again, with
    another id.

    Example: alma-webhooks topics delete library/jobs --stage prod
    """
    from scripts.topics import report

    check_path(topic)
    check_can_ask(yes=yes)
    with opened(stack, "Interrupted; to see whether it was deleted: alma-webhooks topics list {options}") as service:
        found = service.show(topic)
        data = report.shown_topic(found, [], service.scope.options)
        notice(*(f"delete  {line}" for line in report.topic_lines(data)), style="bold red")
        notice("Posts to it will be answered with 404, and events of routes to it become dead letters.")
        confirm(f"Delete the topic {topic}?", yes=yes)
        service.delete(found)
        print_result(output, {"deleted": topic, "id": found.id or None}, [f"deleted  {topic}  id {found.id}"])


@contextmanager
def opened(stack: StackFlags, interrupted: str | Callable[[], str]) -> "Iterator[TopicService]":
    """Open the stack that the flags name, and yield the service of its topics."""
    from scripts.topics.service import TopicService

    with stack_command(stack, interrupted) as (scope, _):
        yield TopicService(scope)


def confirm(question: str, *, yes: bool, done: str = "changed") -> None:
    """Ask, unless `yes`. Raise RejectedError if the answer is not yes: nothing was `done`."""
    if not yes and not typer.confirm(question, err=True):
        raise RejectedError(f"Nothing was {done}.")


def check_path(topic: str) -> None:
    """Raise ConfigurationError unless a topic can have this name."""
    import re

    from notifications.topics import NAME_PATTERN

    if [bool(re.fullmatch(NAME_PATTERN, name)) for name in topic.split("/")] != [True, True]:
        raise ConfigurationError(f"{topic!r} is not CHANNEL/TOPIC, such as library/jobs, in lower-case letters.")
