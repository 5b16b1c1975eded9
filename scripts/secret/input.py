"""Read the input of the secret commands: a secret from standard input, and a duration. Never echoes a secret."""

import sys
from collections.abc import Callable
from datetime import timedelta
from getpass import getpass
from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import duration_of
from scripts.secret.rules import LEAST_BYTES, is_short
from scripts.secret.usage import LONGEST_LOOK

_LONGEST_SECRET: Final = 1024


def read_secret(report: Callable[[str], None]) -> str:
    """Read a secret: one line of at least 24 bytes, hidden when typed. Raise ConfigurationError.

    Surrounding whitespace is stripped and reported.
    """
    if sys.stdin.isatty():
        given = getpass("Secret (not shown): ")
    else:
        given = sys.stdin.buffer.read().decode("utf-8", "replace")
    secret = given.strip()
    if not secret:
        raise ConfigurationError("--from-stdin: standard input is empty; pass one line with the secret.")
    if not secret.isprintable() or "\ufffd" in secret or len(secret) > _LONGEST_SECRET:
        limit = f"{_LONGEST_SECRET} at most"
        raise ConfigurationError(f"--from-stdin: a secret is one line of printable characters in UTF-8, {limit}.")
    if is_short(secret):
        raise ConfigurationError(
            f"--from-stdin: the secret is shorter than {LEAST_BYTES} bytes, so it was not stored. Choose a longer one "
            "in Alma too, or omit --from-stdin to generate one."
        )
    if given.removesuffix("\n") != secret:
        report("note: whitespace around the secret was removed; enter it in Alma without")
    return secret


def parse_unused_for(text: str) -> timedelta:
    """Parse a duration such as 90m, 24h or 3d. Raise ConfigurationError."""
    duration = duration_of(text)
    if duration is None or duration > LONGEST_LOOK:
        raise ConfigurationError(
            f"--unused-for: {text!r} is not a duration such as 90m, 24h or 3d, at most {LONGEST_LOOK.days}d (metrics "
            "go back no further)."
        )
    return duration
