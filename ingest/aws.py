"""Small AWS clients that send signed requests over one persistent connection.

boto3 is not used: a cold start is most of the time that Alma waits, and importing boto3 would multiply it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from ingest.connection import Connection, Timeouts
from ingest.deadline import Deadline, WallClock
from ingest.sigv4 import Credentials, signed_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ingest.tls import Trust

# The second attempt uses a fresh connection: a kept one may die between two webhooks, and often only sending shows it.
_ATTEMPTS = 2

_OK, _SERVER_ERRORS = 200, 500  # and above

_MOST_CODE_CHARACTERS = 100


class AwsError(Exception):
    """A request to AWS failed or timed out. The text is an error code or class and quotes nothing of the request."""


class Client:
    """Sends signed requests to one service. `endpoint` is a URL without a path; all clients share one `trust`."""

    def __init__(
        self,
        service: str,
        endpoint: str,
        *,
        region: str,
        credentials: Credentials,
        trust: Trust | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
        wall: WallClock = time.time,
    ) -> None:
        self._service = service
        self._connection = Connection(endpoint, trust=trust, timeouts=timeouts)
        self._region = region
        self._credentials = credentials
        self._wall = wall

    def connect(self, deadline: Deadline) -> None:
        """Open the connection if it is not open. Raise AwsError."""
        try:
            self._connection.open(deadline)
        except OSError as error:
            raise AwsError(type(error).__name__) from None

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> bytes:
        """Return the body of a response with status 200. Raise AwsError.

        After a failed connection or a 5XX the request is retried once, on a fresh connection. A request that timed out
        may have been carried out, so requests must be safe to repeat.
        """
        failure = ""
        for _ in range(_ATTEMPTS):
            try:
                status, answer = self._exchange(method, path, headers, body, deadline)
            except OSError as error:
                failure = type(error).__name__
            else:
                if status == _OK:
                    return answer
                failure = _error_code(status, answer)
                if status < _SERVER_ERRORS:
                    break  # the same request would fail again
            self._connection.close()
        raise AwsError(failure)

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> tuple[int, bytes]:
        signed = signed_headers(
            headers,
            body,
            host=self._connection.host,
            service=self._service,
            region=self._region,
            credentials=self._credentials,
            now=self._wall(),
            method=method,
            path=path,
        )
        return self._connection.exchange(method, path, signed, body, deadline)


# Per service: the prefix of X-Amz-Target, and the version of the AWS JSON protocol.
SQS = ("AmazonSQS", "1.0")
SSM = ("AmazonSSM", "1.1")


class JsonApi:
    """Calls the operations of a service with the AWS JSON `protocol` (`SQS`, `SSM`)."""

    def __init__(self, client: Client, protocol: tuple[str, str]) -> None:
        self._client = client
        self._target, self._version = protocol

    def call(self, operation: str, members: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Return the members of the response. Raise AwsError, as `Client.send` does."""
        return self.call_with(operation, json.dumps(members).encode(), deadline)

    def call_with(self, operation: str, request: bytes, deadline: Deadline) -> dict[str, Any]:
        """Return the members of the response to a request that is JSON already. Raise AwsError."""
        headers = {
            "Content-Type": f"application/x-amz-json-{self._version}",
            "X-Amz-Target": f"{self._target}.{operation}",
        }
        return _members(self._client.send("POST", "/", headers, request, deadline))


def _members(answer: bytes) -> dict[str, Any]:
    try:
        members = json.loads(answer)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise AwsError("UnreadableAnswer")
    return members


def _error_code(status: int, answer: bytes) -> str:
    if answer.lstrip().startswith(b"<"):  # S3 answers in XML
        code = answer.partition(b"<Code>")[2].partition(b"</Code>")[0]
        return code.decode("ascii")[:_MOST_CODE_CHARACTERS] if code.replace(b".", b"").isalnum() else f"HTTP{status}"
    try:
        kind = str(json.loads(answer)["__type"])
    except (ValueError, TypeError, KeyError):
        return f"HTTP{status}"
    return kind.rpartition("#")[2][:_MOST_CODE_CHARACTERS]
