"""Keeps the certificates of SNS, and limits the downloads: a post without a valid signature can name any file."""

from collections import deque
from collections.abc import Callable
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificate

from notifications.http_api import FAILED, RejectedPost

# A region has one certificate at a time, which changes about once a year.
DOWNLOADS_A_MINUTE: Final = 10
MISSING_SECONDS: Final = 600.0  # how long a file that is missing or wrong is not asked for again
# The same for a download that failed. SNS repeats a message three times, every 20 seconds, so this must be shorter
# ("Creating an HTTP/S delivery policy", Amazon SNS Developer Guide).
FAILED_SECONDS: Final = 10.0

_MINUTE_SECONDS: Final = 60.0


class CertificateCache:
    """Returns certificates by URL. `fetch` downloads one, and raises RejectedPost; `wall` is the clock."""

    def __init__(self, fetch: Callable[[str], bytes], wall: Callable[[], float]) -> None:
        self._fetch = fetch
        self._wall = wall
        self._certificates: dict[str, Certificate] = {}
        self._failures: dict[str, tuple[float, RejectedPost]] = {}  # each with its end
        self._downloads: deque[float] = deque(maxlen=DOWNLOADS_A_MINUTE)

    def certificate(self, url: str) -> Certificate:
        """Return the certificate. Raise RejectedPost: 403 if the file is missing or wrong, 502 if it was not read."""
        if url in self._certificates:
            return self._certificates[url]
        now = self._wall()
        self._failures = {each: (end, failure) for each, (end, failure) in self._failures.items() if now < end}
        if url in self._failures:
            raise self._failures[url][1].with_traceback(None)
        self._count(now)
        try:
            self._certificates[url] = _certificate_of(self._fetch(url))
        except RejectedPost as failure:
            seconds = FAILED_SECONDS if failure.status == FAILED else MISSING_SECONDS
            self._failures[url] = (now + seconds, failure)
            raise
        return self._certificates[url]

    def _count(self, now: float) -> None:
        """Count a download. Raise RejectedPost (502) if there were too many; SNS repeats its message then."""
        if len(self._downloads) == DOWNLOADS_A_MINUTE and now - self._downloads[0] < _MINUTE_SECONDS:
            detail = f"{DOWNLOADS_A_MINUTE} downloads in a minute"
            raise RejectedPost(FAILED, "certificate-store", "the certificate of SNS could not be read", detail)
        self._downloads.append(now)


def _certificate_of(pem: bytes) -> Certificate:
    try:
        return load_pem_x509_certificate(pem)
    except ValueError:
        sentence = "The certificate at SigningCertURL is not a certificate."
        raise RejectedPost(403, "sns-certificate", sentence) from None
