"""The errors of commands, one class per exit code."""


class CommandError(Exception):
    """An error that ends a command with one sentence for the user and this exit code."""

    exit_code: int


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
