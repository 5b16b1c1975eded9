"""The errors of commands, one class per exit code."""

from collections.abc import Iterable


class CommandError(Exception):
    """An error that ends a command with one sentence for the user and this exit code.

    `details` are printed before it, each on a line of its own, such as every mistake of a file.
    """

    exit_code: int

    def __init__(self, sentence: str = "", details: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.details = tuple(details)


class FailedError(CommandError):
    """The command failed, possibly after a part of its work."""

    exit_code = 1


class ConfigurationError(CommandError):
    """A flag, file or setting is invalid, and nothing was changed. The message names it."""

    exit_code = 2


class RejectedError(CommandError):
    """The command rejects a valid request, to protect the user."""

    exit_code = 3


class StoppedError(CommandError):
    """Ctrl-C or a similar signal stopped the command. The message says what was completed."""

    exit_code = 130
