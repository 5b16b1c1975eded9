"""Posts many events fast: one connection for each thread, so that the handshake of TLS does not set the pace."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

from scripts.alma_client.client import Reply, signature


class Posted(NamedTuple):
    """The replies that came, and the requests per second. A post whose answer was lost has no reply."""

    replies: list[Reply]
    rate: float

    @property
    def receipt_ids(self) -> set[str]:
        """The receipt ids of the accepted events."""
        return {reply.receipt_id for reply in self.replies if reply.receipt_id}


class Poster:
    """Posts signed bodies to one URL."""

    def __init__(self, url: str, secret: str, threads: int) -> None:
        self._url = urlsplit(url)
        self._secret = secret
        self._threads = threads
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None
        self._own = threading.local()

    def post_all(self, bodies: Sequence[bytes]) -> Posted:
        """Post each body once, as fast as this computer can."""
        begun = time.monotonic()
        with ThreadPoolExecutor(self._threads) as pool:
            replies = [reply for reply in pool.map(self._post, bodies) if reply]
        return Posted(replies, len(bodies) / (time.monotonic() - begun))

    def _post(self, body: bytes) -> Reply | None:
        begun = time.monotonic()
        headers = {"Content-Type": "application/json", "X-Exl-Signature": signature(body, secret=self._secret)}
        connection = self._connection()
        try:
            connection.request("POST", self._url.path, body, headers)
            response = connection.getresponse()
            members = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()  # and opened again by the next request
            return None
        return Reply(response.status, members.get("receipt_id"), members.get("error"), time.monotonic() - begun)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            host, port = str(self._url.hostname), self._url.port
            self._own.connection = (
                http.client.HTTPSConnection(host, port, timeout=15, context=self._tls)
                if self._tls
                else http.client.HTTPConnection(host, port, timeout=15)
            )
        connection: http.client.HTTPConnection = self._own.connection
        return connection
