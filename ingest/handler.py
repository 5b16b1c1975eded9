"""The composition root of ingest: creates settings, clients and the listener once.

Everything is imported, connected and read when Lambda starts the function, before the first request, because start-up
is not throttled to the function's share of a core. Importing this module never raises; requests retry what failed.
"""

from __future__ import annotations

import gc

gc.disable()  # re-enabled below once start-up is done

import os
import time

from ingest.aws import SQS, SSM, AwsError, Client, JsonApi
from ingest.deadline import Deadline, deadline_of
from ingest.gateway import request_of, response
from ingest.lite_namedtuple import NamedTuple
from ingest.log import level_of, log, place_of
from ingest.metrics import Metrics
from ingest.overflow_bucket import OverflowBucket
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets, SecretsUnavailableError
from ingest.receive import Listener, RejectedRequest
from ingest.settings import Settings, SettingsError
from ingest.tls import Trust
from ingest.webhook_queue import WebhookQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Allocated and freed at start-up, so that glibc keeps this much memory ("mallopt(3)", the dynamic threshold) instead of
# requesting it from the system at each step of a large body. That saves a third of the CPU for 200 KB.
_KEPT_BYTES = 8 * 1024 * 1024

# Half of a request's budget, which is running already: a slow start-up must leave time for the request's own attempt.
_WARM_UP_SECONDS = 2.0

_METHOD_NOT_ALLOWED = 405


def _listener(settings: Settings) -> Listener:
    around = settings.surroundings
    trust = None if around.endpoint_url.startswith("http://") else Trust()
    ssm, sqs, s3 = (
        Client(service, around.endpoint_of(service), region=around.region, credentials=around.credentials, trust=trust)
        for service in ("ssm", "sqs", "s3")
    )
    secrets = ProfileSecrets(JsonApi(ssm, SSM), settings.stage, settings.secret_lifetime)
    _warm_up(settings.profiles, secrets, sqs)
    queue = WebhookQueue(JsonApi(sqs, SQS), settings.queue_url)
    overflow = OverflowBucket(s3, settings.overflow_bucket)
    return Listener(settings.profiles, secrets, queue, overflow, retired=settings.retired_profiles)


def _warm_up(profiles: tuple[str, ...], secrets: ProfileSecrets, sqs: Client) -> None:
    deadline = Deadline(_WARM_UP_SECONDS, time.monotonic)
    try:
        sqs.connect(deadline)
    except AwsError as error:
        log("WARN", "no connection to the queue yet", detail=str(error))
    for profile in profiles:
        try:
            secrets.usable(profile, deadline)
        except (NoUsableSecretError, SecretsUnavailableError) as error:
            log("WARN", "no secret yet", profile=profile, detail=str(error) or type(error).__name__)


class _Ready(NamedTuple):
    listener: Listener
    metrics: Metrics | None


def _configured() -> _Ready | None:
    try:
        settings = Settings.from_environment(os.environ)
        return _Ready(_listener(settings), Metrics(settings.stage) if settings.has_metrics else None)
    except SettingsError as error:
        log("ERROR", "not configured", detail=str(error))
    except Exception as error:  # noqa: BLE001 - importing must not raise: Lambda would answer in a form that is not ours
        log("ERROR", "not configured", detail=place_of(error))
    return None


_READY = _configured()

bytes(_KEPT_BYTES)

# All these objects stay. Scanning them during start-up took the garbage collector a fortieth of a cold start.
gc.freeze()
gc.enable()


def lambda_handler(event: object, _context: object) -> dict[str, Any]:
    """Answer one event of API Gateway (see `ingest.gateway`). Never raise: an unexpected error is a 503."""
    started = time.monotonic()
    try:
        status, members, facts = _answer(event)
    except Exception as error:  # noqa: BLE001 - Alma repeats a 503; an exception's text could quote the body
        status = 503
        members = {"error": "Something went wrong; send the request again later."}
        facts = {"message": "failed", "reason": "failed", "detail": place_of(error)}
    duration = round((time.monotonic() - started) * 1000, 1)
    log(level_of(status), **facts, status=status, duration_ms=duration)
    if _READY and _READY.metrics:
        _READY.metrics.count(facts)
    allow = {"Allow": "GET, POST"} if status == _METHOD_NOT_ALLOWED else {}
    return response(status, members, allow)


def _answer(event: object) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return the status, the members of the response, and the facts for the log."""
    if _READY is None:
        error = {"error": "This listener is not configured."}
        return 503, error, {"message": "not configured"}
    request = request_of(event)
    deadline = deadline_of(request.arrived, wall=time.time, monotonic=time.monotonic)
    try:
        answer = _READY.listener.answer(request, deadline)
    except RejectedRequest as rejected:
        return rejected.status, {"error": str(rejected)}, {"message": "rejected", **rejected.facts}
    facts = {
        "profile": answer.profile,
        "secret": answer.secret,
        "receipt_id": answer.members.get("receipt_id"),
        "bytes": len(request.body or b""),
    }
    return 200, answer.members, {"message": answer.kind, **facts}
