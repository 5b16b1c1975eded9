"""Check a new secret: long enough, and not used by another Alma profile or stage."""

from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.errors import is_denied
from scripts.secret.store import Pair, stored_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LEAST_BYTES: Final = 24


class Comparison(NamedTuple):
    """Who has the same secret already, and who was not compared, each as STAGE/PROFILE."""

    same: list[str]
    not_compared: list[str]


def is_short(secret: str) -> bool:
    """Return whether the secret has fewer than 24 bytes."""
    return len(secret.encode()) < LEAST_BYTES


def short_ones(pair: Pair) -> list[str]:
    """Return which of a profile's secrets are short: `current`, `previous`."""
    named = {"current": pair.current, "previous": pair.previous}
    return [name for name, kept in named.items() if kept and is_short(kept.value)]


def compare(ssm: "SSMClient", stage: str, profile: str, secret: str) -> Comparison:
    """Compare a secret with all others in the account and region that the caller may read."""
    try:
        places = stored_secrets(ssm)
    except ClientError as error:
        if not is_denied(error):
            raise
        return Comparison([], ["any other Alma profile or stage"])
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
    return Comparison(same, not_compared)
