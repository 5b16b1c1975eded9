"""Opens a stack's dead letters for a command, and tells AWS' errors. Reads none, prints no result."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.options import StageName
from scripts.dead_letters.service import DeadLetters, open_dead_letters

# Progress and notices; results go to standard output.
NOTICES: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


@contextmanager
def opened_dead_letters(stage: StageName, stack: str | None, endpoint_url: str | None) -> Iterator[DeadLetters]:
    """The dead letters of the stack that the options name. Raises ConfigurationError, FailedError."""
    with aws_errors_explained():
        yield open_dead_letters(open_stack_context(stage.value, stack, endpoint_url))
