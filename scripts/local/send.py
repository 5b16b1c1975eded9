"""Sends one event to a stack as Alma would: finds the secret, signs, posts. Changes no byte, prints no secret."""

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
    """Whose secret signs: the stage's and the profile's, from an emulator or else from AWS. None: as in the URL."""

    stage: str = "dev"
    profile: str | None = None
    endpoint_url: str | None = None


def send(name_or_file: str, url: str, sender: Sender) -> Reply:
    """Signs and posts a file's or a sample's bytes. Raises ConfigurationError, or FailedError when nothing answers."""
    checked(url)
    body = body_of(name_or_file)
    ask = getpass if sys.stdin.isatty() else None
    return post(url, body, signed=signature(body, secret=secret_for(sender, url, ask)))


def secret_for(sender: Sender, url: str, ask: Callable[[str], str] | None) -> str:
    """The secret: from the environment, else from SSM, else asked for if it can be. Raises ConfigurationError."""
    secret = os.environ.get(SECRET_VARIABLE, "").strip()
    if secret:
        return secret
    profile = sender.profile or _profile_of(url)
    name = f"/alma-webhooks/{sender.stage}/{profile}/secret"
    secret, problem = _from_ssm(name, sender.endpoint_url or emulator.behind(url))
    if not secret:
        for address in filter(None, (sender.endpoint_url, url)):
            check_listening(address)  # before a person is asked, and before anything else is called the cause
    if not secret and ask:
        secret = ask(f"Secret of the profile {profile} at {sender.stage} (not shown): ").strip()
    if not secret:
        raise ConfigurationError(f"There is no secret: {SECRET_VARIABLE} is not set, and {problem}.")
    return secret


def _profile_of(url: str) -> str:
    found = re.search(r"/webhooks/([^/]+)$", checked(url).path)
    if not found:
        raise ConfigurationError(
            f"{url} does not end in /webhooks/PROFILE; pass --alma-profile NAME, whose secret signs."
        )
    return found[1]


def _from_ssm(name: str, endpoint_url: str | None) -> tuple[str, str]:
    """The parameter's value, or an empty text, and what is wrong if it is empty."""
    aws = Aws.local(endpoint_url, emulator.REGION) if endpoint_url else Aws.configured()
    try:
        found = aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    except (BotoCoreError, ClientError, ValueError) as error:
        return "", f"SSM could not be asked for {name} ({str(error).splitlines()[0].rstrip('.')})"
    return (found[0]["Value"].strip() if found else ""), f"SSM has no usable parameter {name}"
