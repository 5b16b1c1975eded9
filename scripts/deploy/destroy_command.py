"""The command `destroy`: flags, what is shown, the question; `scripts.deploy.destruction` does the work."""

import json
from typing import Any

import typer
from rich.console import Console

from scripts.aws.context import aws_errors_explained, clients
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import (
    AwsProfileOption,
    EmulatorOption,
    Output,
    OutputOption,
    RegionOption,
    SkipPromptOption,
    StackOption,
    StageOption,
)
from scripts.cli.plural import plural
from scripts.deploy import destruction
from scripts.deploy.deploy_command import check_can_ask

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def destroy(
    stage: StageOption,
    region: RegionOption = None,
    aws_profile: AwsProfileOption = None,
    stack: StackOption = None,
    yes: SkipPromptOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Delete the pipeline. Keep its queues, its table, its bucket and the secrets of its Alma profiles.

    A new deployment under the same name imports what was kept. Exits 3 while a queue holds events.

    Example: alma-webhooks destroy --stage dev
    """
    check_can_ask(yes=yes)
    with aws_errors_explained():
        planned = destruction.planned(clients(endpoint_url, region, aws_profile), stage.value, stack)
        _show(planned)
        planned.check()
        if not yes and typer.prompt(f"Type {planned.place.stack} to confirm", err=True) != planned.place.stack:
            raise RejectedError("The name does not match, so nothing was deleted.")
        try:
            data = planned.run(_err.print)
        except KeyboardInterrupt:
            raise StoppedError("Interrupted. CloudFormation finishes a deletion that has started.") from None
    _print(data, output)


def _show(planned: destruction.Destruction) -> None:
    _err.print(", ".join(f"{name} {value}" for name, value in planned.facts.items()))
    for each in planned.stacks:
        _err.print(f"delete  stack {each['StackName']} ({each['StackStatus']})", style="bold red")
    _err.print(f"delete  {plural(planned.resources(), 'resource')}; the webhook URLs entered in Alma stop working")
    for kept in planned.kept:
        _err.print(f"keep    {kept.kind:<22}  {kept.name}")
    _err.print(f"keep    the secrets of the Alma profiles, /alma-webhooks/{planned.stage}/…")


def _print(data: dict[str, Any], output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    typer.echo(f"deleted  {', '.join(data['deleted'])}")
    for kept in data["kept"]:
        typer.echo(f"kept     {kept['type']:<22}  {kept['name']}")
    for queue, count in data["came"].items():
        typer.echo(
            f"arrived  {plural(count, 'event')} during the deletion, in the {queue}. It keeps events for 4 days: "
            "deploy again before that"
        )
