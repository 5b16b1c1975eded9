"""The command `destroy`: flags, what is shown, the question; `scripts.deploy.destruction` does the work."""

import json
from typing import Any

import typer
from rich.console import Console

from scripts.aws.context import aws_errors_explained, clients
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import AwsProfileOption, EmulatorOption, Output, OutputOption, StackOption
from scripts.cli.plural import plural
from scripts.deploy import destruction
from scripts.deploy.deploy_command import RegionOption, StageOption, YesOption, check_can_ask

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def destroy(
    stage: StageOption,
    region: RegionOption = None,
    aws_profile: AwsProfileOption = None,
    stack: StackOption = None,
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Deletes the pipeline, but not its queues, its table, its bucket and the profiles' secrets.

    Deployed again under the same name it takes them up. Exits 3 while events wait in a queue.

    Example: alma-webhooks destroy --stage dev
    """
    check_can_ask(yes=yes)
    with aws_errors_explained():
        planned = destruction.planned(clients(endpoint_url, region, aws_profile), stage.value, stack)
        _show(planned)
        planned.check()
        if not yes and typer.prompt(f"Type the stack's name, {planned.place.stack}", err=True) != planned.place.stack:
            raise RejectedError("That is not its name: nothing was deleted.")
        try:
            data = planned.run(_err.print)
        except KeyboardInterrupt:
            raise StoppedError("Interrupted. What was begun to be deleted CloudFormation deletes by itself.") from None
    _print(data, output)


def _show(planned: destruction.Destruction) -> None:
    _err.print(", ".join(f"{name} {value}" for name, value in planned.told.items()))
    for each in planned.stacks:
        _err.print(f"deletes the stack {each['StackName']} ({each['StackStatus']})", style="bold red")
    _err.print(f"with {plural(planned.resources(), 'resource')}, and with it the listener URLs that Alma knows")
    for kept in planned.kept:
        _err.print(f"keeps  {kept.kind:<22}  {kept.name}")
    _err.print(f"keeps  the profiles' secrets, /alma-webhooks/{planned.stage}/…")


def _print(data: dict[str, Any], output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    typer.echo(f"deleted  {', '.join(data['deleted'])}")
    for kept in data["kept"]:
        typer.echo(f"kept     {kept['type']:<22}  {kept['name']}")
    for queue, count in data["came"].items():
        typer.echo(
            f"came     {plural(count, 'event')} meanwhile, into the {queue}, which keeps events for 4 days: deploy "
            "again before that ends"
        )
