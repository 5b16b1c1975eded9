"""Open the stack of an operator's command, with AWS errors explained and Ctrl-C handled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import StackFlags
from scripts.cli.signals import Interrupts


@contextmanager
def stack_command(flags: StackFlags, interrupted: str | Callable[[], str]) -> Iterator[tuple[StackContext, Interrupts]]:
    """Yield the stack that the flags name. Raise the errors of `open_stack_context` and `aws_errors_explained`.

    After Ctrl-C raise StoppedError with the sentence `interrupted`.
    """
    try:
        with Interrupts() as interrupts, aws_errors_explained():
            yield open_stack_context(flags.stage.value, flags.stack, flags.endpoint_url), interrupts
    except KeyboardInterrupt:
        raise StoppedError(interrupted if isinstance(interrupted, str) else interrupted()) from None
