"""Define the commands `secret create`, `rotate`, `retire` and `status`: their flags and their output.

A secret is never a command-line argument, because shell histories and process lists record those. It is printed only
with --show-secret.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.progress import wait_progress
from scripts.secret.input import parse_unused_for, read_secret
from scripts.secret.report import add_usage, describe, lines
from scripts.secret.rotation import Rotation
from scripts.secret.rules import compare
from scripts.secret.store import SecretStore
from scripts.secret.usage import Usage

secret_app = typer.Typer(
    help="Create, rotate and retire the secrets of Alma profiles without rejecting an event.", no_args_is_help=True
)

ServedProfileArgument = Annotated[str, typer.Argument(help="An Alma profile of the stack.")]
ProfilesArgument = Annotated[str, typer.Argument(metavar="PROFILE|all", help="An Alma profile of the stack, or all.")]
ShowSecretOption = Annotated[bool, typer.Option("--show-secret", help="Print the secret too.")]
StdinOption = Annotated[
    bool, typer.Option("--from-stdin", help="Read the secret from standard input instead of generating one.")
]
UnusedForOption = Annotated[
    str, typer.Option(metavar="TIME", help="Minimum time since the last use, e.g. 90m, 24h or 3d; at most 14d.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Retire the secret without checking whether it is in use.")]

# "Webhooks", Ex Libris Developer Network: Alma retries a failed event for 10 hours, possibly with its first signature.
_ALMA_RETRIES: Final = timedelta(hours=10)

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


@secret_app.command()
def create(
    profile: ServedProfileArgument,
    stage: StageOption = StageName.dev,
    from_stdin: StdinOption = False,  # noqa: FBT002 -- a flag
    show_secret: ShowSecretOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Create the first secret of a profile: a random one, or one from standard input. Exits 3 if it has a secret.

    Example: alma-webhooks secret create alma --stage prod
    """
    with _opened(stage, stack, endpoint_url) as (scope, rotation, _):
        _announce(scope, profile)
        secret = secrets.token_urlsafe(32)
        if from_stdin:
            secret = read_secret(_err.print)
            _compare(scope, profile, secret)
        pair = rotation.create(profile, secret)
        _print([describe(scope, rotation, profile, pair, show_secret=show_secret)], output)


@secret_app.command()
def rotate(
    profile: ServedProfileArgument,
    stage: StageOption = StageName.dev,
    show_secret: ShowSecretOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Create a new secret, keep the old one as previous, and wait until every running listener knows both.

    Enter the new secret in Alma only after that. After Ctrl-C, run the command again to continue waiting. Exits 3 if
    an earlier rotation was not finished with `secret retire`.

    Example: alma-webhooks secret rotate alma --stage prod
    """
    with _opened(stage, stack, endpoint_url) as (scope, rotation, _):
        _announce(scope, profile)
        try:
            rotation.begin(profile, secrets.token_urlsafe(32))
            with wait_progress(_err, "every running listener knows both secrets") as progress:
                pair = rotation.wait(profile, progress)
        except KeyboardInterrupt:
            raise StoppedError(
                "Interrupted. No event is rejected meanwhile, but do not enter the new secret in Alma yet. "
                f"To continue, run alma-webhooks secret rotate {profile} {scope.options} again."
            ) from None
        _print([describe(scope, rotation, profile, pair, show_secret=show_secret)], output)


@secret_app.command()
def retire(
    profile: ServedProfileArgument,
    stage: StageOption = StageName.dev,
    unused_for: UnusedForOption = "24h",
    force: ForceOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Remove the previous secret if no event used it for some time and the current one is in use.

    Exits 3, and says why, if it may still be needed.

    Example: alma-webhooks secret retire alma --unused-for 3d --stage prod
    """
    unused = parse_unused_for(unused_for)
    with _opened(stage, stack, endpoint_url) as (scope, rotation, store):
        _announce(scope, profile)
        if force:
            _err.print(
                "warning: not checking whether the previous secret is in use; events signed with it will be lost"
            )
        elif unused < _ALMA_RETRIES:
            _err.print("warning: Alma retries a failed event for 10 hours, possibly signed with the previous secret")
        if not rotation.retire(profile, unused, force=force):
            _err.print(f"The profile {profile} has no previous secret: nothing to retire.")
        _print([describe(scope, rotation, profile, store.read(profile), show_secret=False)], output)


@secret_app.command("status")
def status(
    profile: ProfilesArgument,
    stage: StageOption = StageName.dev,
    show_secret: ShowSecretOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show the state of a profile's secrets, when each was last used, and the next step. Changes nothing.

    Example: alma-webhooks secret status all --stage prod
    """
    with _opened(stage, stack, endpoint_url) as (scope, rotation, store):
        found = []
        for name in scope.profiles if profile == "all" else [scope.profile(profile)]:
            pair = store.read(name)
            data = describe(scope, rotation, name, pair, show_secret=show_secret)
            add_usage(data, rotation, pair)
            found.append(data)
        _print(found, output)


@contextmanager
def _opened(
    stage: StageName, stack: str | None, endpoint_url: str | None
) -> Iterator[tuple[StackContext, Rotation, SecretStore]]:
    with aws_errors_explained():
        scope = open_stack_context(stage.value, stack, endpoint_url)
        store = SecretStore(scope.aws.ssm, scope.stage)
        yield scope, Rotation(store, Usage(scope.aws.cloudwatch, scope.stage), scope.secret_lifetime), store


def _compare(scope: StackContext, profile: str, secret: str) -> None:
    """Compare the secret with those of other profiles and stages. Raise RejectedError if one of them has it."""
    found = compare(scope.aws.ssm, scope.stage, profile, secret)
    if found.not_compared:
        _err.print(f"note: not compared with the secrets of {', '.join(found.not_compared)}: access denied by AWS")
    if found.same:
        raise RejectedError(
            f"{', '.join(found.same)} (STAGE/PROFILE) has the same secret, so it was not stored: one secret would sign "
            "events for both. Choose another one in Alma too, or omit --from-stdin to generate one."
        )


def _announce(scope: StackContext, profile: str) -> None:
    facts = scope.facts() | {"profile": scope.profile(profile)}
    _err.print(", ".join(f"{name} {value}" for name, value in facts.items()))


def _print(found: list[dict[str, Any]], output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps({"profiles": found}, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join("\n".join(lines(data)) for data in found))
