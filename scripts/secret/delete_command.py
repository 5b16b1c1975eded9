"""The command `secret delete`: flags, the question, printing; `scripts.secret.deletion` does the work."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.routes.judged_routes import deploy_options
from scripts.secret import deletion

ProfileArgument = Annotated[str, typer.Argument(help="An Alma profile that the stack does not serve any more.")]
ConfirmOption = Annotated[
    str | None, typer.Option("--confirm-name", help="The profile's name once more, instead of typing it.")
]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def delete(
    profile: ProfileArgument,
    confirm_name: ConfirmOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Delete the secrets of an Alma profile that is not served any more. Exits 3 while it is served.

    After the next deployment its path answers 404, and Alma drops an event that it sends there: deactivate the profile
    in Alma first.

    Example: alma-webhooks secret delete alma --stage prod
    """
    with aws_errors_explained():
        scope = open_stack_context(stage.value, stack, endpoint_url)
        facts = scope.facts() | {"profile": profile}
        _err.print(", ".join(f"{name} {value}" for name, value in facts.items()))
        deletable = deletion.check(scope, profile)
        for name in deletable.names:
            _err.print(f"deletes  {name}", style="bold red")
        if not deletable.is_looked_at:
            _err.print(f"note: AWS does not allow listing stacks: another one of the stage {scope.stage} may serve it")
        _confirm(profile, confirm_name)
        _print(scope, profile, deletion.delete(scope, profile), output)


def _confirm(profile: str, given: str | None) -> None:
    """Raise RejectedError for another name, ConfigurationError where nobody can type one."""
    if given is None:
        if not sys.stdin.isatty():
            raise ConfigurationError(
                f"stdin is not a terminal, so nothing was deleted; pass --confirm-name {profile} to confirm."
            )
        given = typer.prompt(f"Type the profile's name, {profile}", err=True)
    if given != profile:
        raise RejectedError(f"The name typed is not {profile}, so nothing was deleted.")


def _print(scope: StackContext, profile: str, names: list[str], output: Output) -> None:
    following = f"alma-webhooks deploy {deploy_options(scope)}"
    if output is Output.json:
        typer.echo(json.dumps({"profile": profile, "deleted": names, "next": following}, indent=2))
        return
    for name in names:
        typer.echo(f"deleted  {name}")
    typer.echo(f"next     {following}, after which /webhooks/{profile} answers 404: Alma drops an event sent there")
