"""Define the command `secret delete`: its flags, confirmation and output. `scripts.secret.deletion` does the work."""

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

RetiredProfileArgument = Annotated[str, typer.Argument(help="An Alma profile that the stack no longer serves.")]
ConfirmOption = Annotated[
    str | None, typer.Option("--confirm-name", help="Confirm with the name of the profile instead of typing it.")
]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def delete(
    profile: RetiredProfileArgument,
    confirm_name: ConfirmOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Delete the secrets of an Alma profile that is no longer served. Exits 3 while it is served.

    Deactivate the profile in Alma first: after the next deployment its webhook URL answers 404, and Alma drops events
    sent there.

    Example: alma-webhooks secret delete alma --stage prod
    """
    with aws_errors_explained():
        scope = open_stack_context(stage.value, stack, endpoint_url)
        facts = scope.facts() | {"profile": profile}
        _err.print(", ".join(f"{name} {value}" for name, value in facts.items()))
        deletable = deletion.check(scope, profile)
        for name in deletable.names:
            _err.print(f"deletes  {name}", style="bold red")
        if not deletable.others_checked:
            _err.print(f"note: listing stacks is denied by AWS; another stack of the stage {scope.stage} may serve it")
        _confirm(profile, confirm_name)
        _print(scope, profile, deletion.delete(scope, profile), output)


def _confirm(profile: str, given: str | None) -> None:
    """Raise RejectedError if another name is given, ConfigurationError without a terminal to ask on."""
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
    typer.echo(f"next     {following}; then /webhooks/{profile} answers 404, and Alma drops events sent there")
