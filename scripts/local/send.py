"""Send one event to a stack as Alma would: find the secret, sign the bytes unchanged, post them."""

import os
import re
import sys
from collections.abc import Callable
from getpass import getpass
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.alma_client.client import Reply, checked, post, signature
from scripts.alma_client.samples import body_of
from scripts.aws import emulator
from scripts.aws.clients import Aws
from scripts.aws.endpoints import check_listening
from scripts.cli.exit_codes import ConfigurationError

SECRET_VARIABLE: Final = "ALMA_WEBHOOK_SECRET"  # noqa: S105 -- the name of the variable, not its value


class Sender(NamedTuple):
    """The stage and profile of the signing secret, and its emulator. None means as in the URL, else AWS."""

    stage: str = "dev"
    profile: str | None = None
    endpoint_url: str | None = None


def send(name_or_file: str, url: str, sender: Sender) -> Reply:
    """Sign and post the bytes of a file or sample. Raise ConfigurationError, or FailedError without a response."""
    checked(url)
    body = body_of(name_or_file)
    ask = getpass if sys.stdin.isatty() else None
    return post(url, body, signed=signature(body, secret=secret_for(sender, url, ask)))


def secret_for(sender: Sender, url: str, ask: Callable[[str], str] | None) -> str:
    """Return the secret from the environment, else SSM, else a prompt (`ask`). Raise ConfigurationError if none."""
    secret = os.environ.get(SECRET_VARIABLE, "").strip()
    if secret:
        return secret
    profile = sender.profile or _profile_of(url)
    name = f"/alma-webhooks/{sender.stage}/{profile}/secret"
    secret, problem = _from_ssm(name, sender.endpoint_url or emulator.behind(url))
    if not secret:
        for address in filter(None, (sender.endpoint_url, url)):
            check_listening(address)  # an address without a server is the likelier cause, so it is reported first
    if not secret and ask:
        secret = ask(f"Secret of profile {profile}, stage {sender.stage} (not shown): ").strip()
    if not secret:
        raise ConfigurationError(f"No secret found: {SECRET_VARIABLE} is not set, and {problem}.")
    return secret


def _profile_of(url: str) -> str:
    found = re.search(r"/webhooks/([^/]+)$", checked(url).path)
    if not found:
        raise ConfigurationError(
            f"{url} does not end in /webhooks/PROFILE; pass --alma-profile to choose the signing secret."
        )
    return found[1]


def _from_ssm(name: str, endpoint_url: str | None) -> tuple[str, str]:
    """Return the value of the parameter, or an empty string, and the problem if it is empty."""
    aws = Aws.local(endpoint_url, emulator.REGION) if endpoint_url else Aws.configured()
    try:
        found = aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    except (BotoCoreError, ClientError, ValueError) as error:
        return "", f"reading {name} from SSM failed ({str(error).splitlines()[0].rstrip('.')})"
    return (found[0]["Value"].strip() if found else ""), f"SSM has no usable parameter {name}"
