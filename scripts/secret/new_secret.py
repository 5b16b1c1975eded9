"""Read a new secret from standard input, and check it: long enough, and not used by another profile or stage.

Never echoes a secret.
"""

import sys
from collections.abc import Callable
from getpass import getpass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_denied
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.secret.store import Pair, stored_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


LEAST_BYTES: Final = 24


def is_short(secret: str) -> bool:
    """Return whether the secret has fewer than 24 bytes."""
    return len(secret.encode()) < LEAST_BYTES


def short_ones(pair: Pair) -> list[str]:
    """Return which of a profile's secrets are short: `current`, `previous`."""
    named = {"current": pair.current, "previous": pair.previous}
    return [name for name, kept in named.items() if kept and is_short(kept.value)]


def check_unique(ssm: "SSMClient", stage: str, profile: str, secret: str) -> list[str]:
    """Compare a secret with all others in the account and region. Raise RejectedError if another profile has it.

    Return the places, as STAGE/PROFILE, whose secrets the caller may not read.
    """
    try:
        places = stored_secrets(ssm)
    except ClientError as error:
        if not is_denied(error):
            raise
        return ["any other Alma profile or stage"]
    same, not_compared = list[str](), list[str]()
    for place, names in places.items():
        if place == f"{stage}/{profile}":
            continue
        try:
            found = ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
        except ClientError as error:
            if not is_denied(error):
                raise
            not_compared.append(place)
            continue
        same += [place] if secret in {each["Value"].strip() for each in found} else []
    if same:
        raise RejectedError(
            f"{', '.join(same)} (STAGE/PROFILE) has the same secret, so it was not stored: one secret would sign "
            "events for both. Choose another one in Alma too, or omit --from-stdin to generate one."
        )
    return not_compared


_LONGEST_SECRET: Final = 1024


def entered() -> str:
    """Return what is typed, hidden, or standard input if that is not a terminal."""
    if sys.stdin.isatty():
        return getpass("Secret (not shown): ")
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def read_secret(report: Callable[[str], None]) -> str:
    """Read a secret: one line of at least 24 bytes, hidden when typed. Raise ConfigurationError.

    Surrounding whitespace is stripped and reported.
    """
    given = entered()
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
