"""Whose certificates are believed: the few authorities in the zip, and the system's once those were not enough."""

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
from scripts.deploy import ca_file
from tests.ingest.test_connection import serving
from tests.loopback import Loopback, answer


@pytest.fixture
def amazons(tmp_path: Path) -> Path:
    """The file that is made for the zip."""
    path = tmp_path / "ca.pem"
    path.write_bytes(ca_file.made())
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[Loopback]:
    """A server whose certificate none of Amazon's authorities vouches for."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        yield server


def soon() -> Deadline:
    return Deadline(4, time.monotonic)


def exchange(server: Loopback, trust: Trust) -> tuple[int, bytes]:
    with closing(Connection(server.url, trust=trust, timeouts=Timeouts())) as connection:
        return connection.exchange("POST", "/", {}, b"", soon())


def test_the_few_authorities_are_enough_for_those_they_vouch_for(server: Loopback, certificate: Path) -> None:
    """Their file is the only one that is read: it takes a cold start a twentieth of what a system's bundle does."""
    assert exchange(server, Trust(str(certificate))) == (200, b"{}")


def test_the_systems_are_asked_once_the_few_were_not_enough(
    server: Loopback, amazons: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS may change its authorities, and a proxy may have its own: the next connection, of whomever, succeeds."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trust = Trust(str(amazons))
    with pytest.raises(ssl.SSLCertVerificationError):
        exchange(server, trust)
    assert server.received == []
    assert exchange(server, trust) == (200, b"{}")


def test_a_request_does_not_notice(
    server: Loopback, amazons: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client tries twice anyhow, and its second attempt asks the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = client_of(server, Trust(str(amazons)))
    assert client.send("POST", "/", {}, b"", soon()) == b"{}"
    client.close()


def test_whom_nobody_vouches_for_gets_nothing(server: Loopback, amazons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both were asked, and not a byte of the request goes out."""
    monkeypatch.setenv("SSL_CERT_FILE", str(amazons))  # a system that knows no others
    made: list[str | None] = []
    make = ssl.create_default_context

    def noted(cafile: str | None = None) -> ssl.SSLContext:
        made.append(cafile)
        return make(cafile=cafile)

    monkeypatch.setattr("ingest.tls.ssl.create_default_context", noted)
    client = client_of(server, Trust(str(amazons)))
    with pytest.raises(AwsError, match=r"^SSLCertVerificationError$"):
        client.send("POST", "/", {}, b"", soon())
    assert server.received == []
    assert made == [str(amazons), None]  # the system's are read once


def test_another_name_is_not_believed(certificate: Path) -> None:
    """A certificate that is trusted, but for another host."""
    with Loopback(answer({}), tls=serving(certificate)) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(ssl.SSLCertVerificationError, match="localhost"):
            exchange(server, Trust(str(certificate)))


def test_without_the_file_the_systems_are_asked(
    server: Loopback, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in zips for Lambda only."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert exchange(server, Trust(str(tmp_path / "none.pem"))) == (200, b"{}")


def client_of(server: Loopback, trust: Trust) -> Client:
    return Client("sqs", server.url, region="eu-central-1", credentials=Credentials("a", "b"), trust=trust)
