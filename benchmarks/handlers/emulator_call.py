"""Call the emulator over a kept connection, without a signature: shared by the functions of the pairs."""

import http.client
import os
from urllib.parse import urlsplit

_emulator = http.client.HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)


def call(body: str, headers: dict[str, str]) -> None:
    """Post the body. Raise RuntimeError unless the emulator answers 200."""
    try:
        _post(body, headers)
    except (OSError, http.client.HTTPException):  # it closes a connection that is not used for a while
        _emulator.close()
        _post(body, headers)


def _post(body: str, headers: dict[str, str]) -> None:
    _emulator.request("POST", "/", body, headers)
    with _emulator.getresponse() as response:
        answer = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(answer.decode())
