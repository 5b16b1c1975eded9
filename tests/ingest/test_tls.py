"""Trusted certificates: the authorities in the zip first, and those of the system if they are not enough."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.aws import AwsError, Client
from ingest.connection import Connection, Timeouts
from ingest.deadline import Deadline
from ingest.sigv4 import Credentials
from ingest.tls import Trust
from tests.ingest.test_connection import serving
from tests.loopback import Loopback, answer


@pytest.fixture
def server(certificate: Path) -> Iterator[Loopback]:
    """A server whose certificate is not from one of Amazon's authorities."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        yield server


def deadline_in() -> Deadline:
    return Deadline(4, time.monotonic)


def exchange(server: Loopback, trust: Trust) -> tuple[int, bytes]:
    with closing(Connection(server.url, trust=trust, timeouts=Timeouts())) as connection:
        return connection.exchange("POST", "/", {}, b"", deadline_in())


def test_the_shipped_authorities_are_enough_for_their_certificates(server: Loopback, own_authority: Path) -> None:
    """Only the one that is needed is read, which takes a hundredth of the time of a system's bundle."""
    assert exchange(server, Trust(str(own_authority))) == (200, b"{}")


def test_the_authorities_of_the_system_are_the_fallback(
    server: Loopback, amazon_authorities: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure every further connection uses the system's authorities, for example behind a proxy."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trust = Trust(str(amazon_authorities))
    with pytest.raises(ssl.SSLCertVerificationError):
        exchange(server, trust)
    assert server.received == []
    assert exchange(server, trust) == (200, b"{}")


def test_a_request_succeeds_despite_the_fallback(
    server: Loopback, amazon_authorities: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client tries twice, and its second attempt uses the authorities of the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = client_of(server, Trust(str(amazon_authorities)))
    assert client.send("POST", "/", {}, b"", deadline_in()) == b"{}"
    client.close()


def test_a_server_with_an_untrusted_certificate_gets_nothing(
    server: Loopback, amazon_authorities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After both were tried, no byte of the request is sent."""
    monkeypatch.setenv("SSL_CERT_FILE", "none")
    monkeypatch.setenv("SSL_CERT_DIR", str(amazon_authorities))  # a system without other authorities
    made: list[str | None] = []
    make = ssl.create_default_context

    def recording_context(capath: str | None = None) -> ssl.SSLContext:
        made.append(capath)
        return make(capath=capath)

    monkeypatch.setattr("ingest.tls.ssl.create_default_context", recording_context)
    client = client_of(server, Trust(str(amazon_authorities)))
    with pytest.raises(AwsError, match=r"^SSLCertVerificationError$"):
        client.send("POST", "/", {}, b"", deadline_in())
    assert server.received == []
    assert made == [str(amazon_authorities), None]  # the authorities of the system are read once


def test_a_certificate_for_another_host_is_rejected(certificate: Path, own_authority: Path) -> None:
    """A trusted certificate for another host is rejected."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(ssl.SSLCertVerificationError, match="localhost"):
            exchange(server, Trust(str(own_authority)))


def test_without_the_folder_the_authorities_of_the_system_are_used(
    server: Loopback, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder exists only in zips for Lambda."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert exchange(server, Trust(str(tmp_path / "none"))) == (200, b"{}")


def client_of(server: Loopback, trust: Trust) -> Client:
    return Client("sqs", server.url, region="eu-central-1", credentials=Credentials("a", "b"), trust=trust)
