"""The commands `run` and `send`: flags and output. The work is imported when a command runs."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.alma_client.sample_index import sample_names
from scripts.aws import ports
from scripts.aws.completion import alma_profiles, parameter_names
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, ProjectOption, StackFlags, TimeoutOption, WaitOption
from scripts.cli.times import parse_duration

# A string, so that the error for an invalid port is ours and not Typer's.
PortOption = Annotated[str, typer.Option(help="The port of the emulator on 127.0.0.1; 0 for any free port.")]
OnceOption = Annotated[bool, typer.Option("--once", help="Exit after the samples: 0 if all passed, else 1.")]
NoSamplesOption = Annotated[bool, typer.Option("--no-samples", help="Send no samples.")]
WatchOption = Annotated[bool, typer.Option("--watch", help="Apply each change of the project's files.")]
RunningEmulatorOption = Annotated[str | None, typer.Option(help="Use a running emulator at this URL.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(help="Set a template parameter; repeatable.", metavar="NAME=VALUE", autocompletion=parameter_names),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--alma-profile",
        help="The Alma profile of the samples; default: the first of the project.",
        autocompletion=alma_profiles,
    ),
]
RunRoutesOption = Annotated[
    Path | None, typer.Option("--routes", help="Use this routes file instead of the project's.", dir_okay=False)
]

EventArgument = Annotated[
    str,
    typer.Argument(metavar="FILE|SAMPLE", help="An event file, or the name of a sample.", autocompletion=sample_names),
]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", envvar="ALMA_WEBHOOK_URL", help="The webhook URL.")]
SigningProfileOption = Annotated[
    str | None,
    typer.Option(
        "--alma-profile",
        help="The Alma profile of the signing secret; default: that of the URL.",
        autocompletion=alma_profiles,
    ),
]


SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a member of a JSON event first; repeatable."),
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Give the event a new id, so that it is not a duplicate.")]


def run(
    port: PortOption = str(ports.DEFAULT),
    once: OnceOption = False,  # noqa: FBT002 -- a flag
    no_samples: NoSamplesOption = False,  # noqa: FBT002 -- a flag
    watch: WatchOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: RunningEmulatorOption = None,
    parameter: ParameterOption = None,
    profile: ProfileOption = None,
    project: ProjectOption = None,
    routes: RunRoutesOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Run the whole pipeline locally, and send it signed samples. It serves until Ctrl-C.

    It starts the emulator and deploys to it first. When the pipeline is ready, it prints the webhook URL and commands
    to try; for programs (with --output json, or if stdout is not a terminal) one line with `ready` and a JSON object.
    With --watch a changed routes.yaml is deployed at once. If the stage dev has `notifications: true`, a page shows
    what each service would have received. If the extra `console` is installed, the operator's console is served too.

    Example: alma-webhooks run --watch
    """
    from scripts.aws.parameters import parse
    from scripts.local.pipeline import plan
    from scripts.local.run import run as run_pipeline
    from scripts.project.used import used_project

    if watch and once:
        raise ConfigurationError("--watch serves until Ctrl-C, and --once does not serve: pass one of them.")
    planned = plan(ports.parse(port), endpoint_url, profile, parse(parameter or []), used_project(project), routes)
    run_pipeline(planned, once=once, with_samples=not no_samples, watch=watch, output=output)


@expand
def send(
    *,
    event: EventArgument,
    url: UrlArgument,
    set_: SetOption = None,
    fresh: FreshOption = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = "60s",
    profile: SigningProfileOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Sign an event, post it and print the response. Exit with 1 unless it is accepted.

    With --wait also exit with 1 for a dead letter, and without an outcome in time. The secret is read from
    ALMA_WEBHOOK_SECRET, else from SSM, else from a prompt; never from the command line.

    Example: alma-webhooks send loan-created https://HOST/webhooks/alma --set item_loan.loan_id=5 --fresh --wait
    """
    from scripts.local import send as sending
    from scripts.local import sent
    from scripts.local.sender import sender_at

    limit = parse_duration("--timeout", timeout)
    sender = sender_at(url, stack, profile, is_shown=not wait)
    body = sending.body_to_send(event, set_ or (), is_fresh=fresh, samples=sender.samples)
    if wait:
        sent.send_and_wait(body, url, sender, stack=stack, limit=limit, output=output)
    else:
        sent.send(body, url, sender, output)
