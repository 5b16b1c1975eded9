"""What the secret commands are given: a secret on standard input, a time. Stores nothing, echoes no secret."""

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
    """Return one line of at least 24 bytes, not shown when it is typed. Raise ConfigurationError.

    White space around it is dropped, and that is reported.
    """
    if sys.stdin.isatty():
        given = getpass("Secret (not shown): ")
    else:
        given = sys.stdin.buffer.read().decode("utf-8", "replace")
    secret = given.strip()
    if not secret:
        raise ConfigurationError("--from-stdin: standard input holds no secret.")
    if not secret.isprintable() or "\ufffd" in secret or len(secret) > _LONGEST_SECRET:
        limit = f"{_LONGEST_SECRET} at most"
        raise ConfigurationError(f"--from-stdin: a secret is one line of printable characters in UTF-8, {limit}.")
    if is_short(secret):
        raise ConfigurationError(
            f"--from-stdin: a secret must have {LEAST_BYTES} bytes or more, and this one has fewer, so nothing was "
            "stored: choose a longer one in Alma too, or leave out --from-stdin, and one is made."
        )
    if given.removesuffix("\n") != secret:
        report("note: white space around the secret was dropped; enter it in Alma without")
    return secret


def parse_unused_for(text: str) -> timedelta:
    """A time such as 90m, 24h or 3d. Raises ConfigurationError."""
    duration = duration_of(text)
    if duration is None or duration > LONGEST_LOOK:
        raise ConfigurationError(
            f"--unused-for takes a number and s, m, h or d, such as 24h, up to {LONGEST_LOOK.days}d, for which metrics "
            f"tell; {text!r} is not that."
        )
    return duration
