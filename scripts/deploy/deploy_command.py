"""The command `deploy`: flags, what is shown, the question; `plan` and `deployment` beside it do the work."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.aws import parameters
from scripts.aws.clients import Aws
from scripts.aws.context import aws_errors_explained, clients
from scripts.cli.exit_codes import ConfigurationError, RejectedError, StoppedError
from scripts.cli.options import (
    AwsProfileOption,
    EmulatorOption,
    Output,
    OutputOption,
    RoutesOption,
    StackOption,
    StageName,
)
from scripts.cli.plural import plural
from scripts.deploy.change_sets import Change, ChangeSet
from scripts.deploy.commands import PythonOption
from scripts.deploy.deployment import Deployment
from scripts.deploy.plan import Wish, plan
from scripts.deploy.removals import Removals
from scripts.routes.check import ROUTES

StageOption = Annotated[StageName, typer.Option(help="The stage; its stack is alma-webhooks-STAGE.")]
RegionOption = Annotated[str | None, typer.Option(help="The AWS region, if not that of the usual AWS variables.")]
AlmaProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--alma-profile",
        help="Serve this Alma profile besides those that are served, repeatable; default for a new stack: alma.",
    ),
]
AmbiguousProfileOption = Annotated[list[str] | None, typer.Option("--profile", hidden=True)]
AllowRemovalOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-removal",
        help="Allow the deployment to take away this Alma profile, topic, route or other thing, repeatable.",
        metavar="NAME",
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(help="Set a template parameter, repeatable; else it keeps its value.", metavar="NAME=VALUE"),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AbandonOption = Annotated[
    bool, typer.Option("--abandon-data", help="Go on where a queue, table, bucket or the API is replaced or removed.")
]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def deploy(
    stage: StageOption,
    region: RegionOption = None,
    stack: StackOption = None,
    alma_profile: AlmaProfileOption = None,
    profile: AmbiguousProfileOption = None,
    aws_profile: AwsProfileOption = None,
    parameter: ParameterOption = None,
    routes: RoutesOption = ROUTES,
    python: PythonOption = None,
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    allow_removal: AllowRemovalOption = None,
    abandon_data: AbandonOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Deploy the pipeline: check, show the changes, ask, apply them, and prove the deployment by a heartbeat.

    What a deleted stack of the same name has left (queues, table, bucket) is taken up again. Exits 1 if the deployment
    fails or its signed heartbeat does not come out within 60 s, 3 if something forbids it, such as a removal that
    --allow-removal does not name.

    Example: alma-webhooks deploy --stage prod --region eu-central-1 --parameter LogRetentionDays=180
    """
    _check_profile(profile)
    check_can_ask(yes=yes)
    chosen, profiles, allowed = parameters.parse(parameter or []), tuple(alma_profile or ()), tuple(allow_removal or ())
    wish = Wish(stage.value, stack, profiles, chosen, routes, python, allowed)
    with aws_errors_explained(), _interruptible():
        _deploy(clients(endpoint_url, region, aws_profile), wish, output, yes=yes, abandon_data=abandon_data)


@contextmanager
def _interruptible() -> Iterator[None]:
    """End with one sentence after Ctrl-C. Raise StoppedError."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted. CloudFormation goes on by itself with what was begun: run this again when that is done."
        ) from None


def _deploy(aws: Aws, wish: Wish, output: Output, *, yes: bool, abandon_data: bool) -> None:
    _err.print("checking, and building the code")
    planned = plan(aws, wish)
    _err.print(", ".join(f"{name} {value}" for name, value in planned.told.items()))
    for line, is_grave in _shown_removals(planned.removals):
        _err.print(line, style="bold red" if is_grave else None)
    deployment = Deployment(aws, planned, _Approval(yes=yes), _err.print, abandon_data=abandon_data)
    data = deployment.run()
    for unchanged in (each["stack"] for each in data["stacks"] if not each["changes"]):
        _err.print(f"stack {unchanged}: nothing to change")
    if output is Output.text:
        typer.echo("\n".join(_lines(data)))
    try:
        deployment.prove(data)
    finally:  # programs need to know what was done even if the proof failed
        if output is Output.json:
            typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    if output is Output.text:
        typer.echo("\n".join(_proof_lines(data["proof"])))


def _check_profile(given: list[str] | None) -> None:
    """Raise ConfigurationError for `--profile`, which could mean an Alma profile or AWS credentials."""
    if given:
        raise ConfigurationError(
            "--profile has two meanings here, so nothing was changed: pass --alma-profile NAME to serve another Alma "
            "profile, or --aws-profile NAME to choose the AWS credentials."
        )


class _Approval:
    """Shows a change set and asks, unless it was said beforehand that there is nothing to ask."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def __call__(self, change_set: ChangeSet) -> None:
        """Raises RejectedError unless the answer is yes."""
        _err.print(f"changes of the stack {change_set.wanted.name}:")
        for line, is_grave in _shown(change_set.changes):
            _err.print(f"  {line}", style="bold red" if is_grave else None)
        if change_set.wanted.kind == "IMPORT":
            _err.print("This takes up what was left of a stack before; the rest is shown and made after it.")
        if not self._yes and not typer.confirm("Do this?", err=True):
            raise RejectedError(f"Nothing was changed in the stack {change_set.wanted.name}.")


def _shown_removals(removals: Removals) -> Iterator[tuple[str, bool]]:
    """A line for each thing that goes away, and for what was not compared or was allowed for nothing."""
    for removal in removals.found:
        yield f"REMOVE  {removal}", True
    for note in removals.notes:
        yield f"note: {note}", False
    for name in removals.unused:
        yield f"note: --allow-removal {name} allows nothing: this deployment takes away nothing of that name", False


def _shown(changes: list[Change]) -> Iterator[tuple[str, bool]]:
    """A line for each that is more than new, what is replaced or removed first; the new ones by number."""
    graver = ("REMOVE", "REPLACE", "may replace", "take up", "change")
    told = [
        (change.action.upper() if change.action in {"remove", "replace"} else change.action, change)
        for change in changes
    ]
    for action in graver:
        for change in (change for word, change in told if word == action):
            yield f"{action:<11}  {change.kind:<30}  {change.name}", action.isupper()
    for kind, count in sorted(Counter(change.kind for change in changes if change.action == "add").items()):
        yield f"{'add':<11}  {kind:<30}  {count}", False


def _lines(data: dict[str, Any]) -> Iterator[str]:
    for profile in data["profiles"]:
        yield f"profile   {profile['profile']}"
        yield f"  listener URL  {profile['listener_url']}"
        yield f"  secret        not shown: {profile['show_secret']}"
        yield f"  in Alma       {profile['enter']}"
    if record := data.get("dns_record"):
        yield f"DNS record to make: {record['name']} {record['type']} {record['value']}"


def _proof_lines(proof: dict[str, Any]) -> Iterator[str]:
    if proof["state"] == "proven":
        yield f"proven    heartbeat {proof['receipt_id']} came out after {proof['seconds']} s"
    else:
        ahead = proof["events_ahead"]
        yield f"accepted; {plural(ahead, 'event is', 'events are')} ahead of it"
        yield f"  follow it     {proof['follow']}"


def check_can_ask(*, yes: bool) -> None:
    """Raises ConfigurationError where there is nobody to ask and nobody has said that one need not."""
    if not yes and not sys.stdin.isatty():
        raise ConfigurationError("There is no terminal to ask on, and nothing was done: say --yes.")
