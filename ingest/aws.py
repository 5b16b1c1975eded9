"""A small AWS client: JSON calls over one kept connection. Knows no operation; finds no credentials or endpoints.

Not boto3: a cold start is most of what Alma waits for, and importing boto3 would multiply it.
"""

import http.client
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.connection import Connection, Timeouts
from ingest.deadline import Clock, Deadline
from ingest.sigv4 import Credentials, signed_headers

if TYPE_CHECKING:
    from ssl import SSLContext

_ATTEMPTS = 2  # the second on a fresh connection: between two rare webhooks a kept one dies, and only sending tells


class AwsError(Exception):
    """AWS did not do what was asked, in time. The text is a code or a class of error, never what was sent."""


class Service(NamedTuple):
    """A service that speaks AWS JSON: `target` is the prefix of X-Amz-Target, `version` that of the protocol."""

    name: str
    target: str
    version: str


SQS = Service("sqs", "AmazonSQS", "1.0")
SSM = Service("ssm", "AmazonSSM", "1.1")


class Client:
    """Calls one service. `endpoint` is a URL without a path; `tls` is shared by all clients."""

    def __init__(
        self,
        service: Service,
        endpoint: str,
        *,
        region: str,
        credentials: Credentials,
        tls: "SSLContext | None" = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
        wall: Clock = time.time,
    ) -> None:
        self._service = service
        self._connection = Connection(endpoint, tls=tls, timeouts=timeouts)
        self._region = region
        self._credentials = credentials
        self._wall = wall

    def connect(self, deadline: Deadline) -> None:
        """Opens the connection, if it is not open. Raises AwsError."""
        try:
            self._connection.open(deadline)
        except OSError as error:
            raise AwsError(type(error).__name__) from None

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        self._connection.close()

    def call(self, operation: str, members: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """The members of the service's answer. Raises AwsError.

        A connection that fails and an answer of 5XX are tried once more, on a fresh connection. A request that timed
        out may have been carried out: whoever calls must be able to bear that.
        """
        body = json.dumps(members).encode()
        failure = ""
        for _ in range(_ATTEMPTS):
            try:
                status, answer = self._exchange(operation, body, deadline)
            except (OSError, http.client.HTTPException) as error:
                failure = type(error).__name__
            else:
                if status == http.HTTPStatus.OK:
                    return _members(answer)
                failure = _error_code(status, answer)
                if status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    break  # the same request would get the same answer
            self._connection.close()
        raise AwsError(failure)

    def _exchange(self, operation: str, body: bytes, deadline: Deadline) -> tuple[int, bytes]:
        headers = signed_headers(
            {
                "Content-Type": f"application/x-amz-json-{self._service.version}",
                "X-Amz-Target": f"{self._service.target}.{operation}",
            },
            body,
            host=self._connection.host,
            service=self._service.name,
            region=self._region,
            credentials=self._credentials,
            now=self._wall(),
        )
        return self._connection.post(headers, body, deadline)


def _members(answer: bytes) -> dict[str, Any]:
    try:
        members = json.loads(answer)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise AwsError("UnreadableAnswer")
    return members


def _error_code(status: int, answer: bytes) -> str:
    try:
        kind = str(json.loads(answer)["__type"])
    except (ValueError, TypeError, KeyError):
        return f"HTTP{status}"
    return kind.rpartition("#")[2][:100]
