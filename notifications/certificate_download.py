"""Downloads a certificate of SNS: one GET within one deadline, without redirects, of at most 64 KiB.

The URL was compared with the allowed ones before (`notifications.sns_signature`), so the host is always one of AWS.
"""

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from notifications.http_api import RejectedPost

MAX_BYTES: Final = 64 * 1024
DEADLINE_SECONDS: Final = 3.0
THREAD: Final = "certificate-download"

_OK: Final = 200
_NOT_FOUND: Final = (403, 404, 410)  # S3, where SNS keeps them, answers 403 for a file that does not exist


class CertificateDownload:
    """Downloads files over TLS. The deadline counts the look-up of the name, too; a thread that exceeds it is left.

    Nothing can end a look-up. So that there is never more than one such thread, none is started beside it.
    """

    def __init__(
        self, seconds: float = DEADLINE_SECONDS, *, port: int = 443, context: ssl.SSLContext | None = None
    ) -> None:
        self._seconds = seconds
        self._port = port
        self._context = context
        self._download: _Download | None = None

    def fetch(self, url: str) -> bytes:
        """Return the file. Raise RejectedPost: 403 if there is none, 502 if it could not be read."""
        if self._download and self._download.is_alive():
            raise _unavailable("an earlier download has not ended")
        context = self._context or ssl.create_default_context()  # rarely needed, so not created at the start
        download = self._download = _Download(url, self._port, context, self._seconds)
        download.start()
        download.join(self._seconds)
        if download.is_alive():
            download.cut()
            raise _unavailable("deadline")
        if download.status in _NOT_FOUND:
            raise RejectedPost(403, "sns-certificate", "There is no certificate at SigningCertURL.")
        if download.problem or download.status != _OK or len(download.body) > MAX_BYTES:
            raise _unavailable(download.problem or f"status {download.status}, {len(download.body)} bytes")
        return download.body


class _Download(threading.Thread):
    """One GET. A read ends when it is over or when the socket is shut down."""

    def __init__(self, url: str, port: int, context: ssl.SSLContext, seconds: float) -> None:
        super().__init__(name=THREAD, daemon=True)
        self._path = urlsplit(url).path
        # The timeout is for each step; `join` bounds all of them together.
        host = urlsplit(url).hostname or ""
        self._connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
        self._is_cut = False
        self.status = 0
        self.body = b""
        self.problem = ""

    def run(self) -> None:
        try:
            self._connection.connect()
            if self._is_cut:
                return
            self._connection.request("GET", self._path, headers={"Accept-Encoding": "identity"})
            response = self._connection.getresponse()
            self.body = response.read(MAX_BYTES + 1)
            self.status = response.status
            if response.length and len(self.body) <= MAX_BYTES:  # of the bytes that the header announced
                self.problem = "truncated"
        except (OSError, http.client.HTTPException) as error:
            self.problem = type(error).__name__
        finally:
            self._connection.close()

    def cut(self) -> None:
        """End the connection, or let it end when the look-up and the handshake do, so that the thread ends."""
        self._is_cut = True
        if sock := self._connection.sock:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # works for TLS too


def _unavailable(detail: str) -> RejectedPost:
    sentence = "the certificate of SNS could not be read"
    return RejectedPost(502, "certificate-store", sentence, detail)
