"""The heartbeat function: sends one signed event as Alma would. Does not wait for its outcome and does not retry.

It is the only event that must always be delivered, whether or not anything happens in the library. It takes the whole
way from the public address, and an alarm counts its arrivals at its topic. Failures are raised, because Lambda counts
them (`Errors`), and the next heartbeat follows soon.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping

from ingest import signature
from ingest.aws import SSM, Client, JsonApi
from ingest.connection import Connection, Timeouts
from ingest.deadline import Deadline
from ingest.envelope import HEARTBEAT_ACTION, HEARTBEAT_PROFILE, rfc3339
from ingest.lite_namedtuple import NamedTuple
from ingest.log import log
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets, SecretsUnavailableError
from ingest.settings import Surroundings, check_complete
from ingest.tls import Trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

PROFILE = HEARTBEAT_PROFILE
ACTION = HEARTBEAT_ACTION

# As for Alma, a response after 5 s is a failure ("Webhooks", Ex Libris Developer Network).
_TIMEOUTS = Timeouts(connect=2.0, exchange=5.0)
_SECONDS = 10.0

_OK = 200

# The system's authorities: the public address can have any certificate, and nobody waits for this cold start.
_AUTHORITIES = ""


class HeartbeatError(Exception):
    """The heartbeat was not accepted. The text has neither the secret nor the signature."""


class Heartbeat(NamedTuple):
    """The settings of the heartbeat. `webhook_url_base` plus the profile's name is the webhook URL."""

    stage: str
    webhook_url_base: str
    surroundings: Surroundings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raise SettingsError with all missing or blank ones."""
        check_complete(environment, "STAGE", "WEBHOOK_URL_BASE")
        return cls(environment["STAGE"], environment["WEBHOOK_URL_BASE"], Surroundings.from_environment(environment))

    def send(self, body: bytes) -> str:
        """Sign and post the body, and return the receipt id. Raise HeartbeatError."""
        trust = Trust(_AUTHORITIES)
        deadline = Deadline(_SECONDS, time.monotonic)
        signed = signature.sign(body, self._secret(trust, deadline)).decode("ascii")
        return _posted(f"{self.webhook_url_base}{PROFILE}", body, signed, trust, deadline)

    def _secret(self, trust: Trust, deadline: Deadline) -> str:
        around = self.surroundings
        client = Client(
            "ssm", around.endpoint_of("ssm"), region=around.region, credentials=around.credentials, trust=trust
        )
        try:
            # Read each time: a function that runs every few minutes would otherwise miss a rotation.
            secrets = ProfileSecrets(JsonApi(client, SSM), self.stage, 0).usable(PROFILE, deadline)
        except NoUsableSecretError:
            sentence = f"The profile has no secret: make one by alma-webhooks secret create {PROFILE}."
            raise HeartbeatError(sentence) from None
        except SecretsUnavailableError as error:
            raise HeartbeatError(f"The secret could not be read: {error}.") from None
        finally:
            client.close()
        return secrets.current or secrets.previous


def event_body(now: float) -> bytes:
    """Return the event as JSON, with a new id each time, because equal bodies are delivered only once."""
    identifier = str(int.from_bytes(os.urandom(8)))
    return json.dumps({"id": identifier, "action": ACTION, "time": rfc3339(now)}).encode()


def lambda_handler(_event: object, _context: object) -> dict[str, str]:
    """Send one heartbeat and return its receipt id. Raise HeartbeatError, SettingsError."""
    receipt_id = Heartbeat.from_environment(os.environ).send(event_body(time.time()))
    log("INFO", "heartbeat", profile=PROFILE, receipt_id=receipt_id)
    return {"receipt_id": receipt_id}


def _posted(url: str, body: bytes, signed: str, trust: Trust, deadline: Deadline) -> str:
    connection = Connection(url, trust=trust, timeouts=_TIMEOUTS)
    headers = {"Host": connection.host, "Content-Type": "application/json", "X-Exl-Signature": signed}
    try:
        status, answer = connection.exchange("POST", connection.path, headers, body, deadline)
    except OSError as error:
        raise HeartbeatError(f"The listener did not answer: {type(error).__name__}.") from None
    finally:
        connection.close()
    if status != _OK:
        raise HeartbeatError(f"The listener answered {status}.")
    return _receipt_id(answer)


def _receipt_id(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["receipt_id"])
    except (ValueError, TypeError, KeyError):
        raise HeartbeatError("The listener answered 200 without a receipt id.") from None
