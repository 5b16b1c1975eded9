"""Certificates are downloaded once, and few of them: somebody without a key of SNS can cause downloads."""

import pytest

from notifications.certificate_cache import (
    DOWNLOADS_A_MINUTE,
    FAILED_SECONDS,
    MISSING_SECONDS,
    CertificateCache,
)
from notifications.http_api import RejectedPost
from tests.ingest.clocks import FakeClock
from tests.notifications.sns_messages import URL, FakeFetch, certificate

OTHER = URL.replace("0123", "9999")


class Cache:
    """A cache with a clock, of files that can be changed."""

    def __init__(self, pem: bytes | RejectedPost) -> None:
        self.file = pem
        self.clock = FakeClock(1.8e9)
        self.fetch = FakeFetch(answer=self._answer)
        self.cache = CertificateCache(self.fetch, self.clock)

    def _answer(self, _: str) -> bytes:
        if isinstance(self.file, RejectedPost):
            raise self.file
        return self.file

    def status(self, url: str = URL) -> int:
        """Return 200 for a certificate, or the status of the rejection."""
        try:
            self.cache.certificate(url)
        except RejectedPost as rejected:
            return rejected.status
        return 200


MISSING = RejectedPost(403, "sns-certificate", "missing")
UNREADABLE = RejectedPost(502, "certificate-store", "unreadable", "deadline")


def test_a_certificate_is_kept() -> None:
    """However often a URL comes, it is one download; each URL has its certificate."""
    files = {URL: certificate(common_name="a"), OTHER: certificate(common_name="b")}
    fetch = FakeFetch(answer=files.__getitem__)
    cache = CertificateCache(fetch, FakeClock())
    found = [cache.certificate(url).subject.rfc4514_string() for url in (URL, OTHER, URL, OTHER)]
    assert found == ["CN=a", "CN=b"] * 2
    assert fetch.urls == [URL, OTHER]


@pytest.mark.parametrize(
    ("file", "status", "seconds"),
    [
        (MISSING, 403, MISSING_SECONDS),
        (b"<html>", 403, MISSING_SECONDS),
        (b"", 403, MISSING_SECONDS),
        (UNREADABLE, 502, FAILED_SECONDS),
    ],
)
def test_a_failure_is_kept_for_a_while(file: bytes | RejectedPost, status: int, seconds: float) -> None:
    """After that the file is asked for again, so that a message that SNS repeats is accepted."""
    cache = Cache(file)
    assert [cache.status(), cache.status()] == [status, status]
    cache.clock.pass_(seconds - 0.1)
    assert cache.status() == status
    assert cache.fetch.urls == [URL]
    cache.file = certificate()
    assert cache.status(OTHER) == 200
    cache.clock.pass_(0.1)
    assert cache.status() == 200


def test_a_kept_failure_has_the_same_sentence_and_no_longer_traceback() -> None:
    """An exception that is raised again would grow with every post."""
    cache = Cache(UNREADABLE)
    depths = []
    for _ in range(3):
        with pytest.raises(RejectedPost, match="unreadable") as caught:
            cache.cache.certificate(URL)
        assert caught.value.detail == "deadline"
        depths.append(len(caught.traceback))
    assert depths[1] == depths[2]


def test_a_flood_of_names_causes_few_downloads() -> None:
    """What is over the limit is a 502, which SNS repeats; a certificate that is there already works on."""
    cache = Cache(certificate())
    assert cache.status() == 200
    cache.file = MISSING
    statuses = [cache.status(f"{URL}{number}") for number in range(1_000)]
    assert statuses == [403] * (DOWNLOADS_A_MINUTE - 1) + [502] * (1_001 - DOWNLOADS_A_MINUTE)
    assert len(cache.fetch.urls) == DOWNLOADS_A_MINUTE
    assert cache.status() == 200
    cache.clock.pass_(60)
    cache.file = certificate()
    assert cache.status(OTHER) == 200


def test_the_limit_names_itself_in_the_log() -> None:
    """The client gets the sentence of any other failure of the download."""
    cache = Cache(MISSING)
    for number in range(DOWNLOADS_A_MINUTE):
        cache.status(f"{URL}{number}")
    with pytest.raises(RejectedPost) as caught:
        cache.cache.certificate(URL)
    assert str(caught.value) == "the certificate of SNS could not be read"
    assert caught.value.detail == "10 downloads in a minute"
