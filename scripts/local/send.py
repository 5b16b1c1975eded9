"""Send one event to a stack as Alma would: find the secret, sign the bytes unchanged, post them."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from pathlib import Path
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.alma_client.changed_body import fresh_body, set_members
from scripts.alma_client.client import Reply, checked, post, signature
from scripts.alma_client.sample_index import FOLDER
from scripts.alma_client.samples import body_of
from scripts.aws import emulator
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.endpoints import check_listening
from scripts.aws.logged_event import LoggedEvent
from scripts.aws.outcome_wait import OutcomeWait
from scripts.cli.exit_codes import ConfigurationError

SECRET_VARIABLE: Final = "ALMA_WEBHOOK_SECRET"  # noqa: S105 -- the name of the variable, not its value


class Sender(NamedTuple):
    """The stage and profile of the signing secret, where it is read, and the folder of the samples.

    None means as the URL or AWS decides.
    """

    stage: str = "dev"
    profile: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    aws_profile: str | None = None
    samples: Path = FOLDER


def body_to_send(
    name_or_file: str, changes: Sequence[str] = (), *, is_fresh: bool = False, samples: Path = FOLDER
) -> bytes:
    """Return the bytes of a file or of a sample in the folder, with members changed and a new ID if requested.

    Raise ConfigurationError if there is no such event, or it cannot be changed so.
    """
    body = set_members(body_of(name_or_file, samples), changes)
    return fresh_body(body) if is_fresh else body


def send(body: bytes, url: str, sender: Sender) -> Reply:
    """Sign and post the bytes. Raise ConfigurationError, or FailedError without a response."""
    checked(url)
    ask = getpass if sys.stdin.isatty() else None
    return post(url, body, signed=signature(body, secret=secret_for(sender, url, ask)))


class SentEvent(NamedTuple):
    """The response to an event, and its outcome with the seconds until it was logged, if it was found in time."""

    reply: Reply
    outcome: LoggedEvent | None
    seconds: float
    last_reason: str = ""


def send_for_outcome(body: bytes, url: str, sender: Sender, scope: StackContext, limit: float) -> SentEvent:
    """Send an event, and wait up to `limit` seconds for its outcome in the stack.

    Raise the errors of `send`, FailedError if the log cannot be read, and botocore's errors.
    """
    wait = OutcomeWait(scope)
    sent_at = wait.clock()
    reply = send(body, url, sender)
    if reply.receipt_id is None:
        return SentEvent(reply, None, 0.0)
    outcome = next(wait.outcomes([reply.receipt_id], limit), None)
    attempt = wait.failed_attempts.get(reply.receipt_id)
    seconds = max(0.0, outcome.at / 1000 - sent_at) if outcome else limit
    return SentEvent(reply, outcome, seconds, attempt.reason if attempt else "")


def secret_for(sender: Sender, url: str, ask: Callable[[str], str] | None) -> str:
    """Return the secret from the environment, else SSM, else a prompt (`ask`). Raise ConfigurationError if none."""
    if secret := secret_in_environment():
        return secret
    profile = sender.profile or _profile_of(url)
    name = f"/alma-webhooks/{sender.stage}/{profile}/secret"
    secret, problem = _from_ssm(name, sender, sender.endpoint_url or emulator.behind(url))
    if not secret:
        for address in filter(None, (sender.endpoint_url, url)):
            check_listening(address)  # an address without a server is the likelier cause, so it is reported first
    if not secret and ask:
        secret = ask(f"Secret of profile {profile}, stage {sender.stage} (not shown): ").strip()
    if not secret:
        raise ConfigurationError(f"No secret found: {SECRET_VARIABLE} is not set, and {problem}.")
    return secret


def secret_in_environment() -> str:
    """Return the secret that the environment has, or an empty string."""
    return os.environ.get(SECRET_VARIABLE, "").strip()


def _profile_of(url: str) -> str:
    found = re.search(r"/webhooks/([^/]+)$", checked(url).path)
    if not found:
        raise ConfigurationError(
            f"{url} does not end in /webhooks/PROFILE; pass --alma-profile to choose the signing secret."
        )
    return found[1]


def _from_ssm(name: str, sender: Sender, endpoint_url: str | None) -> tuple[str, str]:
    """Return the value of the parameter, or an empty string, and the problem if it is empty."""
    try:
        aws = _clients(sender, endpoint_url)
        found = aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    except (BotoCoreError, ClientError, ValueError) as error:
        return "", f"reading {name} from SSM failed ({str(error).splitlines()[0].rstrip('.')})"
    return (found[0]["Value"].strip() if found else ""), f"SSM has no usable parameter {name}"


def _clients(sender: Sender, endpoint_url: str | None) -> Aws:
    if endpoint_url:
        return Aws.local(endpoint_url, sender.region or emulator.REGION)
    return Aws.configured(sender.region, sender.aws_profile)
