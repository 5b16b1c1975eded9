"""How a command fails: one class for each exit code. No printing here; `scripts.main` does that."""


class CommandError(Exception):
    """A command ends with one clear sentence for the user and this exit code."""

    exit_code: int


class FailedError(CommandError):
    """The work was begun and failed, or was done in part."""

    exit_code = 1


class ConfigurationError(CommandError):
    """Nothing was begun: a flag, a file or a setting is wrong, and the sentence names it."""

    exit_code = 2


class RejectedError(CommandError):
    """The command understood and will not do it."""

    exit_code = 3


class StoppedError(CommandError):
    """Ctrl-C, or a signal like it, stopped the command. The sentence says what was done so far."""

    exit_code = 130
