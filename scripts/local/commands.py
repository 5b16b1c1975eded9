"""The commands `run` and `send`: flags and output. The work is imported when a command runs."""

import json
from http import HTTPStatus
from typing import Annotated

import typer

from scripts.alma_client.sample_index import sample_names
from scripts.aws import ports
from scripts.aws.completion import alma_profiles, parameter_names
from scripts.cli.exit_codes import FailedError
from scripts.cli.options import ROUTES, Output, OutputOption, RoutesOption, StageName

# A string, so that the error for an invalid port is ours and not Typer's.
PortOption = Annotated[str, typer.Option(help="The port of the emulator on 127.0.0.1; 0 for any free port.")]
OnceOption = Annotated[bool, typer.Option("--once", help="Exit after the samples: 0 if all passed, else 1.")]
NoSamplesOption = Annotated[bool, typer.Option("--no-samples", help="Send no samples.")]
RunningEmulatorOption = Annotated[str | None, typer.Option(help="Use a running emulator at this URL.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(help="Set a template parameter; repeatable.", metavar="NAME=VALUE", autocompletion=parameter_names),
]
ProfileOption = Annotated[
    str, typer.Option("--alma-profile", help="The Alma profile of the samples.", autocompletion=alma_profiles)
]

EventArgument = Annotated[
    str,
    typer.Argument(metavar="FILE|SAMPLE", help="An event file, or the name of a sample.", autocompletion=sample_names),
]
UrlArgument = Annotated[str, typer.Argument(envvar="ALMA_WEBHOOK_URL", help="The webhook URL.")]
StageOption = Annotated[StageName, typer.Option(help="The stage of the signing secret in SSM.")]
SigningProfileOption = Annotated[
    str | None,
    typer.Option(
        "--alma-profile",
        help="The Alma profile of the signing secret; default: that of the URL.",
        autocompletion=alma_profiles,
    ),
]
EmulatorOption = Annotated[str | None, typer.Option(help="The emulator with the secret; default: that of the URL.")]


def run(
    port: PortOption = str(ports.DEFAULT),
    once: OnceOption = False,  # noqa: FBT002 -- a flag
    no_samples: NoSamplesOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: RunningEmulatorOption = None,
    parameter: ParameterOption = None,
    profile: ProfileOption = "alma",
    routes: RoutesOption = ROUTES,
) -> None:
    """Run the whole pipeline locally, and send it signed samples. It serves until Ctrl-C.

    It starts the emulator and deploys to it first. When the pipeline is ready, one line with `ready` and a JSON object
    is printed to stdout.

    Example: alma-webhooks run --port 0 --once
    """
    from scripts.aws.parameters import parse
    from scripts.local.pipeline import plan
    from scripts.local.run import run as run_pipeline

    planned = plan(ports.parse(port), endpoint_url, profile, parse(parameter or []), routes)
    run_pipeline(planned, once=once, with_samples=not no_samples)


def send(
    event: EventArgument,
    url: UrlArgument,
    stage: StageOption = StageName.dev,
    profile: SigningProfileOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Sign an event, post it and print the response. Exit with 1 unless it is accepted.

    The secret is read from ALMA_WEBHOOK_SECRET, else from SSM, else from a prompt; never from the command line.

    Example: alma-webhooks send job-end-pod https://HOST/webhooks/alma
    """
    from scripts.local.send import Sender
    from scripts.local.send import send as send_event

    reply = send_event(event, url, Sender(stage.value, profile, endpoint_url))
    milliseconds = round(reply.seconds * 1000)
    if output is Output.json:
        facts = {"status": reply.status, "receipt_id": reply.receipt_id, "error": reply.error, "ms": milliseconds}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{reply.status}  receipt id {reply.receipt_id or '-'}  {milliseconds} ms")
    if reply.status != HTTPStatus.OK:
        raise FailedError(f"Not accepted: {reply.error}")
