"""Sends the requests of botocore over connections of the standard library, for less than half of the CPU of urllib3.

botocore prepares, signs and repeats the requests and reads the responses as ever; only the way to AWS is another. It is
for services whose requests and responses are short texts: those that stream, as S3's do, stay with botocore.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import socket
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import SplitResult, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import where
from botocore.utils import get_environ_proxies

ClientT = TypeVar("ClientT", bound=BaseClient)

_PORTS: Final = {"http": 80, "https": 443}


def with_kept_connections(client: ClientT) -> ClientT:
    """Let a client send its requests by this module, one at a time, unless through a proxy; return the client."""
    endpoint = client.meta.endpoint_url
    if urlsplit(endpoint).scheme not in get_environ_proxies(endpoint):  # as botocore decides: NO_PROXY alone is none
        config: Any = client.meta.config  # its type has no attributes
        # The types know no handlers that return a response.
        send: Any = KeptConnections(config.connect_timeout, config.read_timeout).send
        client.meta.events.register("before-send", send)
    return client


class KeptConnections:
    """One connection for each host, which is kept for the next request. The timeouts are in seconds."""

    def __init__(self, connect_timeout: float, read_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._tls = _tls(os.environ.get("AWS_CA_BUNDLE") or where())
        self._kept: dict[str, HTTPConnection] = {}

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Send a request once, and return the whole response. Raise the exceptions of botocore for lost connections."""
        url = urlsplit(request.url)
        connection = self._kept.get(url.netloc) or self._made(url)
        body: Any = request.body  # text or bytes, for services that do not stream
        try:
            if connection.sock is None or not _is_quiet(connection.sock):
                self._connect(connection, request.url)
            with _failures(request):
                connection.request(request.method, _target(url), body, dict(request.headers))
                response = connection.getresponse()
                content = _Content(response.read())
        except BaseException:
            connection.close()  # the next request must not read this response
            raise
        headers: Any = response.headers  # the types want those of urllib3
        return AWSResponse(request.url, response.status, headers, content)

    def _made(self, url: SplitResult) -> HTTPConnection:
        host, port, seconds = url.hostname or "", url.port or _PORTS[url.scheme], self._connect_timeout
        self._kept[url.netloc] = connection = (
            HTTPConnection(host, port, timeout=seconds)
            if url.scheme == "http"
            else HTTPSConnection(host, port, timeout=seconds, context=self._tls)
        )
        return connection

    def _connect(self, connection: HTTPConnection, url: str) -> None:
        connection.close()
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=url, error=error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=url, error=error) from error
        connection.sock.settimeout(self._read_timeout)


class _Content(NamedTuple):
    """The body of a response, as botocore reads it from urllib3."""

    content: bytes

    def stream(self) -> Iterator[bytes]:
        yield self.content


@cache
def _tls(bundle: str) -> ssl.SSLContext:
    """Return the settings of TLS, made once for all clients: reading the authorities takes 12 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    return context


def _target(url: SplitResult) -> str:
    return f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"


def _is_quiet(connected: socket) -> bool:
    """Return whether nothing waits to be read: neither the end of the connection nor unexpected data."""
    timeout = connected.gettimeout()
    connected.settimeout(0)
    try:
        connected.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        pass  # it was reset
    finally:
        connected.settimeout(timeout)
    return False


@contextmanager
def _failures(request: AWSPreparedRequest) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
    except (HTTPException, OSError) as error:
        raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
