"""Check a new secret: long enough, and not used by another Alma profile or stage."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_denied
from scripts.cli.exit_codes import RejectedError
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
