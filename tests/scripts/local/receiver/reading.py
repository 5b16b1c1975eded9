"""Reads and directs a receiver as a program does."""

import http.client
import json
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class PageAnswer(NamedTuple):
    """What the receiver answers without TLS."""

    status: int
    body: str
    policy: str


def asked(url: str, method: str, path: str, body: str = "", **headers: str) -> PageAnswer:
    """Return the answer to a request, which does not use TLS."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        policy = response.headers["Content-Security-Policy"]
        return PageAnswer(response.status, response.read().decode(), policy)


def messages(url: str) -> list[dict[str, Any]]:
    """Return every message so far, the oldest first."""
    return list(json.loads(asked(url, "GET", "/messages.json").body)["messages"])


def answering(url: str, destination: str, status: int) -> None:
    """Let a destination answer with this status from now on."""
    assert asked(url, "PUT", f"/answers/{destination}", str(status)).status == 200
