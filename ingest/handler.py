"""Ingest's composition root: settings, clients and listener are made here, once. Checks nothing itself.

Everything is imported, connected and read when Lambda starts the function, before the first request: that time is not
throttled to the function's share of a core. Importing this module never raises; what failed is tried again by requests.
"""

import json
import os
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ingest.aws import SQS, SSM, AwsError, Client
from ingest.deadline import Deadline, deadline_of
from ingest.gateway import request_of, response
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets, SecretsUnavailableError
from ingest.receive import Listener, Refusal
from ingest.settings import Settings, SettingsError
from ingest.webhook_queue import WebhookQueue

# Half of a request's budget, which runs meanwhile: what stalls now must leave time for the request's own attempt.
_WARM_UP_SECONDS = 2.0


def _log(level: str, message: str, **facts: object) -> None:
    # One JSON line, which Lambda's JSON log format takes as it is; `logging` would cost a cold start its import.
    line = {
        "level": level,
        "message": message,
        **{name: fact for name, fact in facts.items() if fact not in (None, "")},
    }
    print(json.dumps(line), flush=True)  # noqa: T201 - standard output is the function's log


def _listener(settings: Settings) -> Listener:
    tls = None if settings.endpoint_url.startswith("http://") else ssl.create_default_context()
    ssm, sqs = (
        Client(
            service,
            settings.endpoint_of(service.name),
            region=settings.region,
            credentials=settings.credentials,
            tls=tls,
        )
        for service in (SSM, SQS)
    )
    secrets = ProfileSecrets(ssm, settings.stage, time.monotonic)
    _warm_up(settings.profiles, secrets, sqs)
    return Listener(settings.profiles, secrets, WebhookQueue(sqs, settings.queue_url))


def _warm_up(profiles: tuple[str, ...], secrets: ProfileSecrets, sqs: Client) -> None:
    deadline = Deadline(_WARM_UP_SECONDS, time.monotonic)
    try:
        sqs.connect(deadline)
    except AwsError as error:
        _log("WARNING", "no connection to the queue yet", detail=str(error))
    for profile in profiles:
        try:
            secrets.usable(profile, deadline)
        except (NoUsableSecretError, SecretsUnavailableError) as error:
            _log("WARNING", "no secret yet", profile=profile, detail=str(error) or type(error).__name__)


def _configured() -> Listener | None:
    try:
        return _listener(Settings.from_environment(os.environ))
    except SettingsError as error:
        _log("ERROR", "not configured", detail=str(error))
    except Exception as error:  # noqa: BLE001 - importing must not raise: Lambda would answer in a form that is not ours
        _log("ERROR", "not configured", detail=_place(error))
    return None


_LISTENER = _configured()


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answers one event of API Gateway (see `ingest.gateway`), always: what goes wrong is a 503. Never raises."""
    started = time.monotonic()
    try:
        status, members, facts = _answer(event)
    except Exception as error:  # noqa: BLE001 - Alma repeats a 503; an exception's text could quote the body
        status, members = (
            HTTPStatus.SERVICE_UNAVAILABLE,
            {"error": "Something went wrong; send the request again later."},
        )
        facts = {"level": "ERROR", "message": "failed", "detail": _place(error)}
    duration = round((time.monotonic() - started) * 1000, 1)
    _log(**{"level": "INFO", **facts}, status=int(status), duration_ms=duration)
    allow = {"Allow": "GET, POST"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
    return response(status, members, allow)


def _answer(event: Mapping[str, Any]) -> tuple[HTTPStatus, dict[str, str], dict[str, Any]]:
    if _LISTENER is None:
        error = {"error": "This listener is not configured."}
        return HTTPStatus.SERVICE_UNAVAILABLE, error, {"level": "ERROR", "message": "not configured"}
    request = request_of(event)
    deadline = deadline_of(request.arrived, wall=time.time, monotonic=time.monotonic)
    try:
        answer = _LISTENER.answer(request, deadline)
    except Refusal as refusal:
        return refusal.status, {"error": str(refusal)}, {"level": "WARNING", "message": "refused", **refusal.facts}
    accepted = {"profile": answer.profile, "receipt_id": answer.members.get("receipt_id"), "bytes": len(request.body)}
    return HTTPStatus.OK, answer.members, {"message": answer.kind, **accepted}


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "an unknown place"  # noqa: PTH119 - pathlib is not worth its import here
    return f"{type(error).__name__} at {where}"
