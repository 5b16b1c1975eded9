"""Send a listener the challenge that Alma sends when a profile is activated.

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
    """The status, and whether the response was 200 with the challenge, as Alma requires."""

    status: int
    is_right: bool


def ask(url: str) -> ChallengeResult:
    """Send one challenge. Raise ConfigurationError (invalid URL), OSError or HTTPException (no response)."""
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
