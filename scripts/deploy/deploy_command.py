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
    RegionOption,
    RoutesOption,
    SkipPromptOption,
    StackOption,
    StageOption,
)
from scripts.cli.plural import plural
from scripts.deploy.change_sets import ChangeSet, ResourceChange
from scripts.deploy.commands import PythonOption
from scripts.deploy.deployment import Deployment
from scripts.deploy.plan import DeploymentOptions, plan
from scripts.deploy.removals import Removals
from scripts.routes.check import ROUTES

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
        help="Allow the deployment to remove this Alma profile, topic, route or other item, repeatable.",
        metavar="NAME",
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(help="Set a template parameter, repeatable; else it keeps its value.", metavar="NAME=VALUE"),
]
AbandonOption = Annotated[
    bool,
    typer.Option("--abandon-data", help="Allow the change to replace or remove a queue, table, bucket or the API."),
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
    yes: SkipPromptOption = False,  # noqa: FBT002 -- a flag
    allow_removal: AllowRemovalOption = None,
    abandon_data: AbandonOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Deploy the pipeline: check, show the changes, ask, apply them, and prove the deployment with a heartbeat.

    Queues, table and bucket that a deleted stack of the same name left behind are imported. Exits 1 if the deployment
    fails or its signed heartbeat is not delivered within 60 s, and 3 if the deployment is rejected, for example because
    of a removal that --allow-removal does not name.

    Example: alma-webhooks deploy --stage prod --region eu-central-1 --parameter LogRetentionDays=180
    """
    _check_profile(profile)
    check_can_ask(yes=yes)
    chosen, profiles, allowed = parameters.parse(parameter or []), tuple(alma_profile or ()), tuple(allow_removal or ())
    options = DeploymentOptions(stage.value, stack, profiles, chosen, routes, python, allowed)
    with aws_errors_explained(), _interruptible():
        _deploy(clients(endpoint_url, region, aws_profile), options, output, yes=yes, abandon_data=abandon_data)


@contextmanager
def _interruptible() -> Iterator[None]:
    """End with one sentence after Ctrl-C. Raise StoppedError."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted. CloudFormation finishes a change that has started; run this command again afterwards."
        ) from None


def _deploy(aws: Aws, options: DeploymentOptions, output: Output, *, yes: bool, abandon_data: bool) -> None:
    _err.print("checking and building the code")
    planned = plan(aws, options)
    _err.print(", ".join(f"{name} {value}" for name, value in planned.facts.items()))
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
    finally:  # programs need the result even if the proof failed
        if output is Output.json:
            typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    if output is Output.text:
        typer.echo("\n".join(_proof_lines(data["proof"])))


def _check_profile(given: list[str] | None) -> None:
    """Raise ConfigurationError for `--profile`, which could mean an Alma profile or AWS credentials."""
    if given:
        raise ConfigurationError(
            "--profile is ambiguous, so nothing was changed: pass --alma-profile NAME to serve another Alma "
            "profile, or --aws-profile NAME to choose the AWS credentials."
        )


class _Approval:
    """Show a change set and ask for confirmation, unless --yes was passed."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def __call__(self, change_set: ChangeSet) -> None:
        """Raise RejectedError unless the answer is yes."""
        _err.print(f"changes to stack {change_set.request.name}:")
        for line, is_grave in _shown(change_set.changes):
            _err.print(f"  {line}", style="bold red" if is_grave else None)
        if change_set.request.kind == "IMPORT":
            _err.print("This imports what a deleted stack left behind. A second change set with the rest follows.")
        if not self._yes and not typer.confirm("Apply these changes?", err=True):
            raise RejectedError(f"Not confirmed, so stack {change_set.request.name} was not changed.")


def _shown_removals(removals: Removals) -> Iterator[tuple[str, bool]]:
    """Yield a line for each removal, each note, and each --allow-removal without effect, and whether it is grave."""
    for removal in removals.found:
        yield f"REMOVE  {removal}", True
    for note in removals.notes:
        yield f"note: {note}", False
    for name in removals.unused:
        yield f"note: --allow-removal {name} has no effect: this deployment removes nothing with that name", False


def _shown(changes: list[ResourceChange]) -> Iterator[tuple[str, bool]]:
    """Yield a line for each change, removals and replacements first. Additions are counted by type."""
    graver = ("REMOVE", "REPLACE", "may replace", "import", "change")
    labelled = [
        (change.action.upper() if change.action in {"remove", "replace"} else change.action, change)
        for change in changes
    ]
    for action in graver:
        for change in (change for word, change in labelled if word == action):
            yield f"{action:<11}  {change.kind:<30}  {change.name}", action.isupper()
    for kind, count in sorted(Counter(change.kind for change in changes if change.action == "add").items()):
        yield f"{'add':<11}  {kind:<30}  {count}", False


def _lines(data: dict[str, Any]) -> Iterator[str]:
    for profile in data["profiles"]:
        yield f"profile   {profile['profile']}"
        yield f"  webhook URL  {profile['listener_url']}"
        yield f"  secret       not shown; to show it: {profile['show_secret']}"
        yield f"  in Alma      {profile['enter']}"
    if record := data.get("dns_record"):
        yield f"DNS record to create: {record['name']} {record['type']} {record['value']}"


def _proof_lines(proof: dict[str, Any]) -> Iterator[str]:
    if proof["state"] == "proven":
        yield f"proven    heartbeat {proof['receipt_id']} was delivered after {proof['seconds']} s"
    else:
        ahead = proof["events_ahead"]
        yield f"accepted; {plural(ahead, 'event is', 'events are')} ahead of it"
        yield f"  follow it     {proof['follow']}"


def check_can_ask(*, yes: bool) -> None:
    """Raise ConfigurationError if a prompt is needed and stdin is not a terminal."""
    if not yes and not sys.stdin.isatty():
        raise ConfigurationError("stdin is not a terminal, so nothing was changed; pass --yes to skip the prompt.")
