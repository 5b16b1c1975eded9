"""The commands `secret create`, `rotate`, `retire` and `status`: flags and printing; no order, no AWS calls.

A secret never comes from the command line, which shells and process lists keep, and is printed only when asked for.
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
from scripts.secret.report import add_uses, describe, lines
from scripts.secret.rotation import Rotation
from scripts.secret.rules import compare
from scripts.secret.store import SecretStore
from scripts.secret.usage import Uses

secret_app = typer.Typer(
    help="Make, rotate and retire the profiles' secrets, so that no event is rejected.", no_args_is_help=True
)

ProfileArgument = Annotated[str, typer.Argument(help="One of the stack's profiles.")]
ProfilesArgument = Annotated[str, typer.Argument(metavar="PROFILE|all", help="One of the stack's profiles, or all.")]
ShowOption = Annotated[bool, typer.Option("--show-secret", help="Print the secret too.")]
StdinOption = Annotated[bool, typer.Option("--from-stdin", help="Take the secret from standard input; make none.")]
UnusedOption = Annotated[str, typer.Option(metavar="TIME", help="How long unused, e.g. 90m, 24h or 3d; at most 14d.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Retire it without looking whether it is used.")]

# "Webhooks", Ex Libris Developer Network: after a failure Alma repeats an event for 10 h, maybe signed as at first.
_ALMA_REPEATS: Final = timedelta(hours=10)

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


@secret_app.command()
def create(
    profile: ProfileArgument,
    stage: StageOption = StageName.dev,
    from_stdin: StdinOption = False,  # noqa: FBT002 -- a flag
    show_secret: ShowOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Makes a profile's first secret at random, or takes one from standard input. Exits 3 if there is one."""
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
    profile: ProfileArgument,
    stage: StageOption = StageName.dev,
    show_secret: ShowOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Makes a new secret, keeps the old one as previous, and returns once every running listener must know both.

    Only then may the new one be entered in Alma. After Ctrl-C, run it again: it waits for the rest. Exits 3 if a
    rotation was not finished by retire.
    """
    with _opened(stage, stack, endpoint_url) as (scope, rotation, _):
        _announce(scope, profile)
        try:
            rotation.begin(profile, secrets.token_urlsafe(32))
            with wait_progress(_err, "every running listener must know both secrets") as progress:
                pair = rotation.wait(profile, progress)
        except KeyboardInterrupt:
            raise StoppedError(
                "Interrupted. Nothing is rejected meanwhile, but do not enter the new secret in Alma yet: run "
                f"alma-webhooks secret rotate {profile} {scope.options} again, which goes on from here."
            ) from None
        _print([describe(scope, rotation, profile, pair, show_secret=show_secret)], output)


@secret_app.command()
def retire(
    profile: ProfileArgument,
    stage: StageOption = StageName.dev,
    unused_for: UnusedOption = "24h",
    force: ForceOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Removes the previous secret, if no event has used it for a time and the current one has been used since.

    Exits 3, with the facts, if it may still be needed.
    """
    unused = parse_unused_for(unused_for)
    with _opened(stage, stack, endpoint_url) as (scope, rotation, store):
        _announce(scope, profile)
        if force:
            _err.print("warning: not looking whether the previous secret is used; an event that needs it will be lost")
        elif unused < _ALMA_REPEATS:
            _err.print("warning: Alma repeats a failed event for 10 hours, maybe signed with the previous secret")
        if not rotation.retire(profile, unused, force=force):
            _err.print(f"There is no previous secret of {profile}: nothing to do.")
        _print([describe(scope, rotation, profile, store.read(profile), show_secret=False)], output)


@secret_app.command("status")
def status(
    profile: ProfilesArgument,
    stage: StageOption = StageName.dev,
    show_secret: ShowOption = False,  # noqa: FBT002 -- a flag
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Shows where a profile's secrets stand, when each was last used, and what to do next. Changes nothing."""
    with _opened(stage, stack, endpoint_url) as (scope, rotation, store):
        found = []
        for name in scope.profiles if profile == "all" else [scope.profile(profile)]:
            pair = store.read(name)
            data = describe(scope, rotation, name, pair, show_secret=show_secret)
            add_uses(data, rotation, pair)
            found.append(data)
        _print(found, output)


@contextmanager
def _opened(
    stage: StageName, stack: str | None, endpoint_url: str | None
) -> Iterator[tuple[StackContext, Rotation, SecretStore]]:
    with aws_errors_explained():
        scope = open_stack_context(stage.value, stack, endpoint_url)
        store = SecretStore(scope.aws.ssm, scope.stage)
        yield scope, Rotation(store, Uses(scope.aws.cloudwatch, scope.stage), scope.secret_lifetime), store


def _compare(scope: StackContext, profile: str, secret: str) -> None:
    """Report what the secret was not compared with. Raise RejectedError when another profile or stage has it."""
    found = compare(scope.aws.ssm, scope.stage, profile, secret)
    if found.not_compared:
        _err.print(f"note: not compared with the secrets of {', '.join(found.not_compared)}: AWS does not allow it")
    if found.same:
        raise RejectedError(
            f"{', '.join(found.same)} (STAGE/PROFILE) has the same secret, so it was not stored: one secret would sign "
            "events for both. Choose another one in Alma too, or leave out --from-stdin, and one is made."
        )


def _announce(scope: StackContext, profile: str) -> None:
    facts = scope.facts() | {"profile": scope.profile(profile)}
    _err.print(", ".join(f"{name} {value}" for name, value in facts.items()))


def _print(found: list[dict[str, Any]], output: Output) -> None:
    if output is Output.json:
        typer.echo(json.dumps({"profiles": found}, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join("\n".join(lines(data)) for data in found))
