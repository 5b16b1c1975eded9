"""Check the profiles' listeners before and after a deployment: whether each has a secret and answers a challenge."""

import http.client
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.alma_client.client import ask
from scripts.cli.exit_codes import RejectedError
from scripts.secret.store import stored_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

# The DNS name of a new API takes a while to spread. Alma itself asks only once.
_TRIES: Final = 8
_LONGEST_PAUSE_SECONDS: Final = 15.0


def without_secret(ssm: "SSMClient", stage: str, profiles: list[str]) -> list[str]:
    """Return the profiles without a secret, by the parameters' names: a deployer may only read the heartbeat's.

    Raise RejectedError for a secret that is readable and blank: somebody meant to put one there.
    """
    there = {name for names in stored_secrets(ssm, stage).values() for name in names}
    names = {profile: f"/alma-webhooks/{stage}/{profile}/secret" for profile in profiles}
    for name in names.values():
        if name in there and _is_blank(ssm, name):
            raise RejectedError(
                f"SSM parameter {name} is blank, so its listener would reject every event. Store the secret there, or "
                "delete the parameter to have a secret created."
            )
    return [profile for profile, name in names.items() if name not in there]


def _is_blank(ssm: "SSMClient", name: str) -> bool:
    """Return whether a secret is blank, as far as it may be read. The challenge finds the others later."""
    try:
        found = ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    except ClientError as error:
        if error.response["Error"].get("Code", "").startswith("AccessDenied"):
            return False
        raise
    return bool(found) and not found[0]["Value"].strip()


def answers(url: str, sleep: Callable[[float], None] = time.sleep) -> str | None:
    """Send a challenge as Alma does, up to 8 times. Return None if the listener answers it, else the problem."""
    pause = 1.0
    for _ in range(_TRIES - 1):
        if _problem(url) is None:
            return None
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
    return _problem(url)


def _problem(url: str) -> str | None:
    try:
        answer = ask(url)
    except (OSError, http.client.HTTPException) as error:
        return f"no response ({error or type(error).__name__})"
    if answer.is_right:
        return None
    is_ok = answer.status == http.HTTPStatus.OK
    return "the response does not contain the challenge" if is_ok else f"it answered {answer.status}"
