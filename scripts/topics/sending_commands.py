"""The commands `topics test` and `notify`: flags, questions and output."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, SkipPromptOption, StackFlags
from scripts.cli.output import notice, print_result
from scripts.cli.prompts import check_can_ask
from scripts.topics.commands import TopicArgument, check_path, confirm, opened

if TYPE_CHECKING:
    from scripts.topics.trial import TopicTrial
    from scripts.topics.trial_service import TrialService

ValuesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="Values: NAME=TEXT, or NAME:=JSON for others.", show_default=False),
]
IntegrationOption = Annotated[
    str, typer.Option(metavar="NAME", help="The integration of the topic to send to, or its fallback.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the rendered notification and send nothing.")]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        help="Idempotency key: a post that is repeated with the same key is sent once [default: a random key].",
    ),
]

_INTERRUPTED_TEST: Final = "Interrupted; if it was being sent, the service may have accepted it."
_UNKNOWN_EXIT: Final = 4


def try_(
    *,
    topic: TopicArgument,
    values: ValuesArgument = None,
    integration: IntegrationOption,
    dry_run: DryRunOption = False,
    yes: SkipPromptOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Send a test notification to one integration of a topic, from this computer and with your own rights.

    Shows the rendered text, and asks before it sends. Variables without a value get a sample text. Prints what the
    service answered, and what that means. Exits 1 if it was not accepted, and 4 if the answer was lost. Looks up no
    person.

    Example: alma-webhooks topics test library/jobs --integration team title="Test" --stage prod
    """
    from scripts.topics.given_values import given_values
    from scripts.topics.trial_service import TrialService

    check_path(topic)
    check_can_ask(yes=yes or dry_run, done="sent")
    given = given_values(values or [])
    with opened(stack, _INTERRUPTED_TEST) as topics:
        service = TrialService(topics)
        trial = service.prepared(topic, integration, given)
        act = _print_trial if dry_run else partial(_send, service, yes=yes)
        act(trial, output)


@expand
def notify(
    *,
    topic: TopicArgument,
    values: ValuesArgument = None,
    idempotency_key: KeyOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Post a notification to a topic as a client does: to the API of the stack, with its key and the topic hash.

    Prints the id of the queued message of each integration. Exits 1 if the API does not accept the post.

    Example: alma-webhooks notify library/jobs title="Backup ended" --stage prod
    """
    from uuid import uuid4

    from scripts.topics import sending_report as report
    from scripts.topics.given_values import given_values
    from scripts.topics.posting import post_notification

    check_path(topic)
    given = given_values(values or [])
    key = idempotency_key or str(uuid4())
    again = f"Interrupted; to repeat it without sending it twice: --idempotency-key {key}"
    with opened(stack, lambda: again) as service:
        data = report.post_data(topic, post_notification(service, topic, given, key))
        print_result(output, data, report.post_lines(data))


def _print_trial(trial: "TopicTrial", output: Output) -> None:
    from scripts.topics import sending_report as report

    data = report.trial_data(trial, None)
    print_result(output, data, report.rendered_lines(data))
    notice("Dry run: nothing was sent.")


def _send(service: "TrialService", trial: "TopicTrial", output: Output, *, yes: bool) -> None:
    from scripts.topics import sending_report as report
    from scripts.topics.trial import TrialOutcome

    service.check_can_send(trial)
    notice(*report.rendered_lines(report.trial_data(trial, None)))
    confirm("Send this?", yes=yes, done="sent")
    result = service.send(trial)
    data = report.trial_data(trial, result)
    print_result(output, data, report.outcome_lines(data))
    if result.outcome is not TrialOutcome.accepted:
        raise typer.Exit(_UNKNOWN_EXIT if result.outcome is TrialOutcome.unknown else 1)
