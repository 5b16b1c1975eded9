"""The commands `run` and `send`: flags and printing only; the modules beside this one do the work."""

import json
from http import HTTPStatus
from typing import Annotated

import typer

from scripts.aws import ports
from scripts.aws.parameters import parse
from scripts.cli.exit_codes import FailedError
from scripts.cli.options import Output, OutputOption, RoutesOption, StageName
from scripts.local.pipeline import plan
from scripts.local.run import Run
from scripts.local.run import run as run_pipeline
from scripts.local.send import Sender
from scripts.local.send import send as send_event
from scripts.local.show import Show
from scripts.routes.check import ROUTES

# Text, so that a bad one gets our sentence.
PortOption = Annotated[str, typer.Option(help="The emulator's port on 127.0.0.1; 0 takes any free one.")]
OnceOption = Annotated[bool, typer.Option("--once", help="Exit after the table: 0 if all ended as expected, else 1.")]
NoSamplesOption = Annotated[bool, typer.Option("--no-samples", help="Send nothing.")]
RunningEmulatorOption = Annotated[str | None, typer.Option(help="Use the emulator that runs here; start none.")]
ParameterOption = Annotated[
    list[str] | None, typer.Option(help="Set a template parameter; repeatable.", metavar="NAME=VALUE")
]
ProfileOption = Annotated[str, typer.Option("--alma-profile", help="The Alma profile that the samples come from.")]

EventArgument = Annotated[str, typer.Argument(metavar="FILE|SAMPLE", help="A file with an event, or a sample's name.")]
UrlArgument = Annotated[str, typer.Argument(envvar="ALMA_WEBHOOK_URL", help="The profile's full URL.")]
StageOption = Annotated[StageName, typer.Option(help="The stage whose secret in SSM signs.")]
SigningProfileOption = Annotated[
    str | None, typer.Option("--alma-profile", help="The Alma profile whose secret in SSM signs [the URL's].")
]
EmulatorOption = Annotated[str | None, typer.Option(help="The emulator that holds the secret; else the URL's.")]


def run(
    port: PortOption = str(ports.DEFAULT),
    once: OnceOption = False,  # noqa: FBT002 -- a flag
    no_samples: NoSamplesOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: RunningEmulatorOption = None,
    parameter: ParameterOption = None,
    profile: ProfileOption = "alma",
    routes: RoutesOption = ROUTES,
) -> None:
    """Runs the whole pipeline here: emulator, stack, one signed sample of each event; then serves until Ctrl-C.

    Prints one line `ready ` + JSON on stdout once it can be used.
    """
    planned = plan(ports.parse(port), endpoint_url, profile, parse(parameter or []), routes)
    run_pipeline(Run(planned, once=once, with_samples=not no_samples), Show())


def send(
    event: EventArgument,
    url: UrlArgument,
    stage: StageOption = StageName.dev,
    profile: SigningProfileOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Signs an event and posts its bytes; prints status, receipt id and milliseconds. Exits 1 unless it is accepted.

    The secret comes from ALMA_WEBHOOK_SECRET, else from SSM, else it is asked for; never from the command line.
    """
    reply = send_event(event, url, Sender(stage.value, profile, endpoint_url))
    milliseconds = round(reply.seconds * 1000)
    if output is Output.json:
        facts = {"status": reply.status, "receipt_id": reply.receipt_id, "error": reply.error, "ms": milliseconds}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{reply.status}  receipt id {reply.receipt_id or '-'}  {milliseconds} ms")
    if reply.status != HTTPStatus.OK:
        raise FailedError(f"Not accepted: {reply.error}")
