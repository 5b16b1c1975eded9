"""Check that a question can be asked."""

import sys

from scripts.cli.exit_codes import ConfigurationError


def can_ask() -> bool:
    """Return whether stdin is a terminal, so that a question can be asked."""
    return sys.stdin.isatty()


def check_can_ask(*, yes: bool, done: str = "changed") -> None:
    """Raise ConfigurationError if a prompt is needed and stdin is not a terminal: nothing was `done`."""
    if not yes and not can_ask():
        raise ConfigurationError(f"stdin is not a terminal, so nothing was {done}; pass --yes to skip the prompt.")
