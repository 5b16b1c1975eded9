"""Give a command the flags that select a stack and an output format, and open the stack."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, NamedTuple

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption


class StackFlags(NamedTuple):
    """The values of the flags. The stack is opened only when a command asks for it, after it has checked its others."""

    stage: str
    stack: str | None
    endpoint_url: str | None
    output: Output

    @contextmanager
    def opened(self, interrupted: str = "") -> Iterator[StackContext]:
        """Yield the stack, with botocore's errors in the block explained. Ctrl-C raises StoppedError if it is named.

        Raise the errors of `open_stack_context` and `aws_errors_explained`.
        """
        try:
            with aws_errors_explained():
                yield open_stack_context(self.stage, self.stack, self.endpoint_url)
        except KeyboardInterrupt:
            if not interrupted:
                raise
            raise StoppedError(interrupted) from None


def with_stack_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Add --stage, --stack, --endpoint-url and --output to a command, which gets them as its first parameter."""

    @wraps(command)
    def run(*, stage: StageName, stack: str | None, endpoint_url: str | None, output: Output, **others: Any) -> None:
        command(StackFlags(stage.value, stack, endpoint_url, output), **others)

    _, *own = inspect.signature(command).parameters.values()
    run.__signature__ = inspect.Signature([*own, *_FLAGS])  # type: ignore[attr-defined] # what Typer reads
    return run


def _declared(
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Declare the flags."""


_FLAGS: Final = inspect.signature(_declared).parameters.values()
