"""Define the commands `secret …`: their flags, their confirmation and their output. `SecretService` does the work.

A secret is never a command-line argument, because shell histories and process lists record those. It is printed only
with --show-secret.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, RejectedError, StoppedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.progress import wait_progress
from scripts.secret import report
from scripts.secret.new_secret import check_unique, read_secret
from scripts.secret.service import SecretService, SecretStatus
from scripts.secret.usage import parse_unused_for

secret_app = typer.Typer(no_args_is_help=True)

ServedProfileArgument = Annotated[str, typer.Argument(metavar="PROFILE", help="An Alma profile of the stack.")]
ProfilesArgument = Annotated[str, typer.Argument(metavar="PROFILE|all", help="An Alma profile of the stack, or all.")]
RetiredProfileArgument = Annotated[
    str, typer.Argument(metavar="PROFILE", help="An Alma profile that the stack no longer serves.")
]
ShowSecretOption = Annotated[bool, typer.Option("--show-secret", help="Print the secret too.")]
StdinOption = Annotated[
    bool, typer.Option("--from-stdin", help="Read the secret from standard input instead of generating one.")
]
UnusedForOption = Annotated[
    str, typer.Option(metavar="TIME", help="Minimum time since the last use, e.g. 90m, 24h or 3d; at most 14d.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Retire the secret without checking whether it is in use.")]
ConfirmOption = Annotated[
    str | None, typer.Option("--confirm-name", help="Confirm with the name of the profile instead of typing it.")
]

_INTERRUPTED: Final = "Interrupted; to see the current state, run: alma-webhooks secret status all {options}"

# "Webhooks", Ex Libris Developer Network: Alma retries a failed event for 10 hours, possibly with its first signature.
_ALMA_RETRIES: Final = timedelta(hours=10)


@secret_app.command()
@expand
def create(
    *,
    profile: ServedProfileArgument,
    from_stdin: StdinOption = False,
    show_secret: ShowSecretOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Create the first secret of a profile: a random one, or one from standard input. Exits 3 if it has a secret.

    Example: alma-webhooks secret create alma --stage prod
    """
    with _opened(stack) as service:
        scope = service.scope
        scope.profile(profile)  # before anything is read or asked
        secret = read_secret(notice) if from_stdin else None
        if secret and (not_compared := check_unique(scope.aws.ssm, scope.stage, profile, secret)):
            notice(f"note: not compared with the secrets of {', '.join(not_compared)}: access denied by AWS")
        _print(output, service, [service.create(profile, secret)], show_secret=show_secret)


@secret_app.command()
@expand
def rotate(
    *,
    profile: ServedProfileArgument,
    show_secret: ShowSecretOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Create a new secret, keep the old one as previous, and wait until every running listener knows both.

    Enter the new secret in Alma only after that. After Ctrl-C, run the command again to continue waiting. Exits 3 if
    an earlier rotation was not finished with `secret retire`.

    Example: alma-webhooks secret rotate alma --stage prod
    """
    with _opened(stack) as service:
        try:
            with wait_progress(NOTICES, "every running listener knows both secrets") as progress:
                status = service.rotate(profile, progress)
        except KeyboardInterrupt:
            raise StoppedError(
                "Interrupted. No event is rejected meanwhile, but do not enter the new secret in Alma yet. "
                f"To continue, run again: alma-webhooks secret rotate {profile} {service.scope.options}"
            ) from None
        _print(output, service, [status], show_secret=show_secret)


@secret_app.command()
@expand
def retire(
    *,
    profile: ServedProfileArgument,
    unused_for: UnusedForOption = "24h",
    force: ForceOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Remove the previous secret if no event used it for some time and the current one is in use.

    Exits 3, and says why, if it may still be needed.

    Example: alma-webhooks secret retire alma --unused-for 3d --stage prod
    """
    unused = parse_unused_for(unused_for)
    with _opened(stack) as service:
        if force:
            notice("warning: not checking whether the previous secret is in use; events signed with it will be lost")
        elif unused < _ALMA_RETRIES:
            notice("warning: Alma retries a failed event for 10 hours, possibly signed with the previous secret")
        is_removed, status = service.retire(profile, unused, force=force)
        if not is_removed:
            notice(f"The profile {profile} has no previous secret: nothing to retire.")
        _print(output, service, [status])


@secret_app.command()
@expand
def status(
    *,
    profile: ProfilesArgument,
    show_secret: ShowSecretOption = False,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show the state of a profile's secrets, when each was last used, and the next step. Changes nothing.

    Example: alma-webhooks secret status all --stage prod
    """
    with _opened(stack) as service:
        profiles = service.scope.profiles if profile == "all" else [profile]
        _print(output, service, [service.status(name) for name in profiles], show_secret=show_secret)


@secret_app.command()
@expand
def delete(
    *,
    profile: RetiredProfileArgument,
    confirm_name: ConfirmOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Delete the secrets of an Alma profile that is no longer served. Exits 3 while it is served.

    Deactivate the profile in Alma first: after the next deployment its webhook URL answers 404, and Alma drops events
    sent there.

    Example: alma-webhooks secret delete alma --stage prod
    """
    with _opened(stack) as service:
        deletable, are_others_checked = service.deletable(profile)
        for name in deletable:
            notice(f"deletes  {name}", style="bold red")
        if not are_others_checked:
            stage = service.scope.stage
            notice(f"note: listing stacks is denied by AWS; another stack of the stage {stage} may serve it")
        _confirm(profile, confirm_name)
        names = service.delete(profile)
        following = f"alma-webhooks deploy {service.scope.options}"
        dropped = f"then /webhooks/{profile} answers 404, and Alma drops events sent there"
        lines = [*(f"deleted  {name}" for name in names), f"next     {following}; {dropped}"]
        print_result(output, {"profile": profile, "deleted": names, "next": following}, lines)


@contextmanager
def _opened(stack: StackFlags) -> Iterator[SecretService]:
    with stack_command(stack, _INTERRUPTED) as (scope, _):
        yield SecretService(scope)


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


def _print(output: Output, service: SecretService, found: list[SecretStatus], *, show_secret: bool = False) -> None:
    data = [report.as_data(status, service.scope.options, show_secret=show_secret) for status in found]
    print_result(output, {"profiles": data}, report.lines(data))
