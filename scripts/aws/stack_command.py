"""Open the stack of an operator's command, with AWS errors explained and Ctrl-C handled."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import StackFlags
from scripts.cli.output import notice
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape

if TYPE_CHECKING:
    from scripts.aws.address import Address


def stack_command(
    flags: StackFlags, interrupted: str | Callable[[], str]
) -> AbstractContextManager[tuple[StackContext, Interrupts]]:
    """Open the stack that flags, environment and project name, as `command_at` does.

    Raise also the errors of `address_of`.
    """
    from scripts.aws.address import address_of  # only now, because it imports pydantic, which help does not need

    return command_at(address_of(flags), interrupted)


@contextmanager
def command_at(address: "Address", interrupted: str | Callable[[], str]) -> Iterator[tuple[StackContext, Interrupts]]:
    """Print where the command works, and yield the stack at the address.

    Raise the errors of `open_stack_context` and `aws_errors_explained`. After Ctrl-C raise StoppedError with the
    sentence `interrupted`; if it is text, `{options}` in it becomes the flags that select the stack.
    """
    try:
        with Interrupts() as interrupts, aws_errors_explained():
            context = open_stack_context(address)
            show_address(address, context.region, context.account)
            yield context, interrupts
    except KeyboardInterrupt:
        sentence = interrupted.format(options=address.options) if isinstance(interrupted, str) else interrupted()
        raise StoppedError(sentence) from None


def show_address(address: "Address", region: str | None, account: str = "") -> None:
    """Print on standard error where a command works, and where each value came from."""
    notice(escape(address.description(region, account)))
