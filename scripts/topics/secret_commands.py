"""The commands `topics secret` and `topics api-key …`: flags, questions and output.

A secret is never a command-line argument, because shell histories and process lists record those.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import StoppedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, SkipPromptOption, StackFlags
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.progress import wait_progress
from scripts.cli.prompts import check_can_ask
from scripts.topics.commands import confirm

if TYPE_CHECKING:
    from scripts.secret.rotation import RotationStatus
    from scripts.topics.api_key import ApiKeyService

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The name in notifications.yaml, `{ssm: NAME}` of an integration; or alma-api-key."
    ),
]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Replace a secret that is stored under this name.")]
ShowKeyOption = Annotated[bool, typer.Option("--show-key", help="Print the key too.")]

_INTERRUPTED_STORING: Final = "Interrupted; to see whether it is stored: alma-webhooks topics list {options}"
_INTERRUPTED: Final = "Interrupted; to see the current state, run: alma-webhooks topics api-key status {options}"

api_key_app = typer.Typer(
    help="Create, rotate and retire the API key that clients of notifications post with.", no_args_is_help=True
)


def secret(
    *, name: NameArgument, replace: ReplaceOption = False, stack: StackFlags, output: OutputOption = Output.text
) -> None:
    """Store a secret of an integration, such as a webhook URL or a token, from standard input or a hidden prompt.

    The name alma-api-key stores the key of Alma's users API, with which the sender looks up people.

    It becomes the parameter /alma-webhooks/STAGE/notifications/NAME. Exits 3 if it exists, unless --replace is given.

    Example: alma-webhooks topics secret slack-team --stage prod
    """
    from scripts.topics.integration_secrets import (
        SPREADING_MINUTES,
        check_not_stored,
        check_secret_name,
        read_value,
        store_secret,
    )

    check_secret_name(name)
    with stack_command(stack, _INTERRUPTED_STORING) as (scope, _):
        if not replace:
            check_not_stored(scope, name)  # before anything is read or asked
        value = read_value(notice)
        parameter = store_secret(scope, name, value, replace=replace)
        lines = [f"stored  {parameter}", f"next    running senders use it within {SPREADING_MINUTES} minutes"]
        print_result(output, {"name": name, "parameter": parameter, "replaced": replace}, lines)


@api_key_app.command()
@expand
def create(*, show_key: ShowKeyOption = False, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Create the first API key of a stage, a random one. Exits 3 if it has one.

    Example: alma-webhooks topics api-key create --stage prod
    """
    with _opened(stack) as service:
        _print(output, service, service.create(), show_key=show_key)


@api_key_app.command()
@expand
def rotate(*, show_key: ShowKeyOption = False, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Create a new API key, keep the old one as previous, and wait until every running producer accepts both.

    Give the new key to clients only after that. After Ctrl-C, run the command again to continue waiting. Exits 3 if an
    earlier rotation was not finished with `topics api-key retire`.

    Example: alma-webhooks topics api-key rotate --stage prod
    """
    with _opened(stack) as service:
        try:
            with wait_progress(NOTICES, "every running producer accepts both keys") as progress:
                found = service.rotate(progress)
        except KeyboardInterrupt:
            raise StoppedError(
                "Interrupted. No post is rejected meanwhile, but do not give the new key to clients yet. To continue, "
                f"run again: {service.command('rotate')}"
            ) from None
        _print(output, service, found, show_key=show_key)


@api_key_app.command()
@expand
def retire(*, yes: SkipPromptOption = False, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Remove the previous API key. Asks first: a client that still posts with it is answered with 403.

    Exits 3 while the rotation is not complete.

    Example: alma-webhooks topics api-key retire --stage prod
    """
    check_can_ask(yes=yes)
    with _opened(stack) as service:
        if service.check_retirable():
            confirm("Remove the previous key? A client that still uses it gets 403 within 5 minutes.", yes=yes)
        else:
            notice("The stage has no previous API key: nothing to retire.")
        _print(output, service, service.retire())


@api_key_app.command()
@expand
def status(*, show_key: ShowKeyOption = False, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Show the state of the API keys, and the next step. Changes nothing.

    Example: alma-webhooks topics api-key status --stage prod
    """
    with _opened(stack) as service:
        _print(output, service, service.status(), show_key=show_key)


@contextmanager
def _opened(stack: StackFlags) -> "Iterator[ApiKeyService]":
    from scripts.topics.api_key import ApiKeyService

    with stack_command(stack, _INTERRUPTED) as (scope, _):
        yield ApiKeyService(scope)


def _print(output: Output, service: "ApiKeyService", found: "RotationStatus", *, show_key: bool = False) -> None:
    from scripts.topics.api_key_report import api_key_data, api_key_lines

    data = api_key_data(found, service.scope.options, show_key=show_key)
    print_result(output, data, api_key_lines(data))
