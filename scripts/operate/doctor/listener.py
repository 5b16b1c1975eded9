"""Whether the listener URLs answer a challenge as Alma asks for it. Sends no event, follows no redirect.

"Webhooks", Ex Libris Developer Network: Alma calls the listener URL with ?challenge= when a profile is activated.
"""

import http.client
import json
import secrets
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from typing import Final

from scripts.errors import ConfigurationError
from scripts.local.posting import checked
from scripts.operate.doctor.finding import Check, Finding, State
from scripts.operate.doctor.subject import Subject

_TIMEOUT_SECONDS: Final = 10.0
_LONGEST_ANSWER: Final = 65536


def checks(subject: Subject) -> Iterator[Check]:
    """One for each profile."""
    for profile in subject.scope.profiles:
        yield Check("listener", partial(_challenge, subject, profile))


def _challenge(subject: Subject, profile: str) -> Iterator[Finding]:
    url, challenge = subject.scope.listener_url(profile), secrets.token_hex(8)
    try:
        status, answer = _get(f"{url}?challenge={challenge}")
    except (OSError, http.client.HTTPException, ConfigurationError) as error:
        told = f"{url} gives no answer: {str(error).rstrip('.') or type(error).__name__}"
        yield Finding("listener", State.bad, told, f"see that this computer reaches it; else {subject.deploying}")
        return
    if status == HTTPStatus.OK and answer == {"challenge": challenge}:
        yield Finding("listener", State.ok, f"{url} answers the challenge")
        return
    word = http.client.responses.get(status, "")
    told = f"{url} answers {f'{status} {word}'.strip()}, not the challenge: Alma cannot activate the profile"
    yield Finding("listener", State.bad, told, _fix(subject, profile, status))


def _get(url: str) -> tuple[int, object]:
    """The status, and the body as JSON; None when it is none."""
    parts = checked(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(str(parts.hostname), parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        body = response.read(_LONGEST_ANSWER)
    finally:
        connection.close()
    try:
        return response.status, json.loads(body)
    except ValueError:
        return response.status, None


def _fix(subject: Subject, profile: str, status: int) -> str:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return f"give it a usable secret ({subject.command(f'secret show-state {profile}')}), or see ingest's log"
    return f"see ingest's log, {subject.scope.stack.outputs.get('IngestLogGroupName', '')}; else {subject.deploying}"
