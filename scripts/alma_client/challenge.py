"""Asks a listener a challenge, as Alma does when a profile is activated. Sends no event, tries once.

"Webhooks", Ex Libris Developer Network: Alma calls the listener URL with ?challenge= and expects it back.
"""

import http.client
import json
import secrets
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlencode

from scripts.alma_client.client import checked

_TIMEOUT_SECONDS: Final = 10.0
_LONGEST_ANSWER: Final = 65536


class ChallengeResult(NamedTuple):
    """What came back: the status, and whether it was 200 with the challenge, as Alma wants it."""

    status: int
    is_right: bool


def ask(url: str) -> ChallengeResult:
    """The listener's answer. Raises ConfigurationError (no URL), OSError and http.client's errors (no answer)."""
    parts = checked(url)
    challenge = secrets.token_urlsafe(16)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(str(parts.hostname), parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{urlencode({'challenge': challenge})}")
        response = connection.getresponse()
        text = response.read(_LONGEST_ANSWER)
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return ChallengeResult(response.status, response.status == HTTPStatus.OK and answer == {"challenge": challenge})
