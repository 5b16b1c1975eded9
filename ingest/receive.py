"""Check one request, step by step, until it is queued or rejected. All I/O goes through the arguments.

A genuine event never gets a 4XX: Alma would not send it again ("Webhooks", Ex Libris Developer Network).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection

from ingest import signature
from ingest.aws import AwsError
from ingest.deadline import Deadline, WallClock
from ingest.envelope import MAX_QUEUED_BYTES, Envelope, rfc3339
from ingest.fair_group import event_group
from ingest.gateway import Request
from ingest.lite_namedtuple import NamedTuple
from ingest.overflow_bucket import OverflowBucket
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets, Secrets, SecretsUnavailableError
from ingest.webhook_queue import WebhookQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ingest.literals import RejectionReason

ReadSecrets = Callable[[str, Deadline], Secrets]

PATH_PREFIX = "/webhooks/"
MAX_CHALLENGE_CHARACTERS = 2048

# The gateway replaces bytes that are not UTF-8 by this character, and the signature was made of the original bytes. A
# body can also contain the character itself.
_REPLACED = "\ufffd".encode()


class RejectedRequest(Exception):  # noqa: N818 - a response, not a fault
    """The request is rejected: one sentence for the client, and `facts` for the log, `reason` first."""

    def __init__(self, status: int, reason: RejectionReason, sentence: str, profile: str = "", **facts: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.facts = {"reason": reason, "profile": profile, **facts}


class ListenerResponse(NamedTuple):
    """A response with status 200: its JSON members, and facts for the log. `secret` is `current` or `previous`."""

    members: dict[str, str]
    kind: str  # `accepted` or `challenge`
    profile: str
    secret: str = ""


class Listener:
    """Answers the requests of a stack's profiles."""

    def __init__(
        self,
        profiles: Collection[str],
        secrets: ProfileSecrets,
        queue: WebhookQueue,
        overflow: OverflowBucket,
        *,
        retired: Collection[str] = (),
        wall: WallClock = time.time,
        new_receipt_id: Callable[[], str] = lambda: os.urandom(16).hex(),
    ) -> None:
        self._profiles = profiles
        self._retired = retired
        self._secrets = secrets
        self._queue = queue
        self._overflow = overflow
        self._wall = wall
        self._new_receipt_id = new_receipt_id

    def answer(self, request: Request, deadline: Deadline) -> ListenerResponse:
        """Return the response to a request. Raise RejectedRequest."""
        profile = request.path.removeprefix(PATH_PREFIX)
        if not request.path.startswith(PATH_PREFIX) or profile not in self._profiles:
            raise self._not_served(request, profile)
        if request.method == "GET":
            return self._challenge(profile, request, deadline)
        if request.method == "POST":
            return self._accept(profile, request, deadline)
        raise RejectedRequest(405, "method", "Only GET and POST are taken here.", profile)

    def _not_served(self, request: Request, profile: str) -> RejectedRequest:
        """Return a 404, or a 503 for a retired profile. Do not call AWS."""
        if request.path.startswith(PATH_PREFIX) and profile in self._retired:
            # Alma repeats after a 503, and drops the event after a 404.
            sentence = "This profile is not served at present; send the request again later."
            return RejectedRequest(503, "retired-profile", sentence, profile)
        # Counted separately: a signed request probably comes from an Alma profile with a wrong webhook URL.
        is_signed = signature.is_well_formed(request.headers.get("x-exl-signature", ""))
        reason: RejectionReason = "unknown-path-signed" if is_signed else "unknown-path"
        return RejectedRequest(404, reason, "There is no such profile here.")

    def _challenge(self, profile: str, request: Request, deadline: Deadline) -> ListenerResponse:
        # Checked first: Alma must not activate a profile whose events would all be rejected.
        _secrets(self._secrets.usable, profile, deadline)
        if not request.challenge:
            raise RejectedRequest(400, "no-challenge", "The query has no challenge.", profile)
        if len(request.challenge) > MAX_CHALLENGE_CHARACTERS:
            sentence = f"The challenge is longer than {MAX_CHALLENGE_CHARACTERS} characters."
            raise RejectedRequest(400, "long-challenge", sentence, profile)
        return ListenerResponse({"challenge": request.challenge}, "challenge", profile)

    def _accept(self, profile: str, request: Request, deadline: Deadline) -> ListenerResponse:
        if request.body is None:
            sentence = "The gateway handed on a body that cannot be read; send it again later."
            raise RejectedRequest(503, "unreadable-body", sentence, profile)
        if not request.body:
            raise RejectedRequest(400, "empty-body", "The body is empty.", profile)
        given = request.headers.get("x-exl-signature", "")
        secret = self._verify(profile, request.body, given, deadline, is_text=request.is_text)
        receipt_id = self._new_receipt_id()
        envelope = Envelope(
            body=request.body,
            receipt_id=receipt_id,
            received_at=rfc3339(self._wall()),
            profile=profile,
            content_type=request.headers.get("content-type", ""),
            signature=given.strip(),
        )
        self._enqueue(envelope, deadline)
        return ListenerResponse({"receipt_id": receipt_id}, "accepted", profile, secret)

    def _verify(self, profile: str, body: bytes, given: str, deadline: Deadline, *, is_text: bool) -> str:
        for read in (self._secrets.usable, self._secrets.after_mismatch):
            secrets = _secrets(read, profile, deadline)
            try:
                return secrets._fields[signature.verify(body=body, signature=given, secrets=secrets)]
            except signature.MissingSignatureError:
                sentence = "The header X-Exl-Signature is missing or blank."
                raise RejectedRequest(401, "no-signature", sentence, profile) from None
            except signature.WrongSignatureError:
                continue
        if is_text and _REPLACED in body:
            sentence = (
                "The signature does not match this body. The body holds U+FFFD: either the gateway put it in place of "
                "bytes that are not UTF-8, or it is part of the body and the secret is wrong."
            )
            raise RejectedRequest(401, "replaced-bytes", sentence, profile)
        sentence = "The signature is not that of this body with the profile's secret."
        raise RejectedRequest(401, "wrong-signature", sentence, profile)

    def _enqueue(self, envelope: Envelope, deadline: Deadline) -> None:
        message = envelope.encode()
        if message.size > MAX_QUEUED_BYTES:
            # Not a 413: Alma would drop the event.
            try:
                message = envelope.encode(self._overflow.put(envelope.body, deadline))
            except AwsError as error:
                raise _not_queued("overflow", envelope, error) from None
        try:
            self._queue.send(message._replace(group=event_group(envelope.profile, envelope.body)), deadline)
        except AwsError as error:
            raise _not_queued("queue", envelope, error) from None


def _not_queued(reason: RejectionReason, envelope: Envelope, error: AwsError) -> RejectedRequest:
    sentence = "The event could not be queued; send it again later."
    # The receipt id is logged because a message that timed out may still be on the queue.
    facts = {"detail": str(error), "receipt_id": envelope.receipt_id}
    return RejectedRequest(503, reason, sentence, envelope.profile, **facts)


def _secrets(read: ReadSecrets, profile: str, deadline: Deadline) -> Secrets:
    try:
        return read(profile, deadline)
    except NoUsableSecretError:
        sentence = "The profile has no usable secret yet."
        raise RejectedRequest(503, "no-secret", sentence, profile) from None
    except SecretsUnavailableError as error:
        sentence = "The profile's secret could not be read; send the request again later."
        raise RejectedRequest(503, "secret-store", sentence, profile, detail=str(error)) from None
