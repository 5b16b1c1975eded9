"""Send a listener the challenge that Alma sends when a profile is activated.

"Webhooks", Ex Libris Developer Network: Alma calls the listener URL with ?challenge= and expects it back.
"""

import json
import secrets
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlencode

from scripts.alma_client.client import checked, exchange

_TIMEOUT_SECONDS: Final = 10.0


class ChallengeResult(NamedTuple):
    """The status, and whether the response was 200 with the challenge, as Alma requires."""

    status: int
    is_right: bool


def ask(url: str) -> ChallengeResult:
    """Send one challenge. Raise ConfigurationError (invalid URL), OSError or HTTPException (no response)."""
    challenge = secrets.token_urlsafe(16)
    address = checked(url)._replace(query=urlencode({"challenge": challenge})).geturl()
    status, text = exchange("GET", address, None, {}, _TIMEOUT_SECONDS)
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return ChallengeResult(status, status == HTTPStatus.OK and answer == {"challenge": challenge})
