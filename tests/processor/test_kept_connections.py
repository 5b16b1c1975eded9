"""Kept connections: the answers and the errors of botocore's own, one connection for many requests, verified TLS."""

import os
import select
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
from botocore.config import Config

from processor import kept_connections
from processor.kept_connections import with_kept_connections
from tests.loopback import Behaviour, Loopback, answer, answer_then_reset, close, reset, say, stall

LONG = 30.0  # much longer than these tests
QUICK = 0.2  # what a server that never answers may take

MakeClient = Callable[..., Any]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[HTTPConnection]]:
    """The connections that were made, which are closed in the end."""
    made: list[HTTPConnection] = []
    for name, kind in (("HTTPConnection", HTTPConnection), ("HTTPSConnection", HTTPSConnection)):

        def make(*given: Any, kind: Any = kind, **options: Any) -> HTTPConnection:
            made.append(kind(*given, **options))
            return made[-1]

        monkeypatch.setattr(kept_connections, name, make)
    yield made
    for connection in made:
        connection.close()


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch, opened: list[HTTPConnection]) -> MakeClient:  # noqa: ARG001 -- closes them
    """Makes clients of SQS that send each call once, or up to `attempts` times."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name == "AWS_CA_BUNDLE"]:
        monkeypatch.delenv(name)  # of this computer, or set by `Aws.local` for the whole process

    def make(url: str, *, attempts: int = 1, read_timeout: float = LONG) -> Any:
        retries: Any = {"mode": "standard", "total_max_attempts": attempts}
        config = Config(connect_timeout=LONG, read_timeout=read_timeout, retries=retries)
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        return session.client("sqs", endpoint_url=url, config=config)

    return make


def deleted(client: Any) -> Any:
    """Returns the status of a call, or the name of its error."""
    try:
        answered = client.delete_message(QueueUrl="https://localhost/1/q", ReceiptHandle="handle")
    except Exception as error:  # noqa: BLE001 -- each is compared
        return type(error).__name__
    return answered["ResponseMetadata"]["HTTPStatusCode"]


CHUNKED = say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "behaviour",
    [
        answer({}),
        answer({}, header="Connection: close\r\n"),
        CHUNKED,
        answer({"__type": "com.amazonaws.sqs#InvalidAddress"}, 400),
        answer({}, 503),
        close,
        reset,
        stall,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        say(b"nonsense\r\n\r\n"),
    ],
)
def test_a_call_ends_as_with_botocore_alone(behaviour: Behaviour, sqs: MakeClient) -> None:
    """An answer, an error of AWS, a lost connection, a time-out, an answer that is cut short or is not HTTP."""
    with Loopback(behaviour) as server:
        plain, kept = (sqs(server.url, read_timeout=QUICK) for _ in range(2))
        assert deleted(with_kept_connections(kept)) == deleted(plain)


def test_a_host_that_does_not_listen_is_an_error_as_with_botocore_alone(sqs: MakeClient) -> None:
    """The connection is refused."""
    with Loopback(close) as server:
        url = server.url
    assert deleted(with_kept_connections(sqs(url))) == deleted(sqs(url))


def test_a_call_sends_what_botocore_alone_sends(sqs: MakeClient) -> None:
    """The same request line, headers and body, but for the signature and what identifies the attempt."""
    with Loopback(answer({})) as server:
        for client in (sqs(server.url), with_kept_connections(sqs(server.url))):
            deleted(client)
    one, other = server.received
    differing = {"authorization", "x-amz-date", "amz-sdk-invocation-id"}
    assert (one.request, one.body) == (other.request, other.body)
    assert one.headers.keys() == other.headers.keys()
    same = one.headers.keys() - differing
    assert {name: one.headers[name] for name in same} == {name: other.headers[name] for name in same}


def test_many_calls_use_one_connection(sqs: MakeClient) -> None:
    """It is opened once."""
    with Loopback(answer({})) as server:
        client = with_kept_connections(sqs(server.url))
        assert [deleted(client) for _ in range(3)] == [200, 200, 200]
    assert [received.connection for received in server.received] == [1, 1, 1]


@pytest.mark.parametrize("first", [answer({}, keep=False), answer_then_reset({})])
def test_a_connection_that_has_ended_is_replaced_without_a_second_attempt(
    first: Behaviour, sqs: MakeClient, opened: list[HTTPConnection]
) -> None:
    """Each call arrives once, although AWS closes a connection while a function sleeps."""
    with Loopback(first, answer({})) as server:
        client = with_kept_connections(sqs(server.url))
        assert deleted(client) == 200
        select.select([opened[0].sock], [], [], LONG)  # its end has arrived
        assert deleted(client) == 200
    assert [received.connection for received in server.received] == [1, 2]


def test_a_lost_answer_is_repeated_by_botocore(sqs: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new connection, as often as the client is configured to."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # between two attempts
    with Loopback(close, answer({})) as server:
        assert deleted(with_kept_connections(sqs(server.url, attempts=2))) == 200
    assert [received.connection for received in server.received] == [1, 2]


def test_after_a_time_out_no_call_reads_the_late_answer(sqs: MakeClient) -> None:
    """The next call has a connection of its own."""
    with Loopback(stall, answer({})) as server:
        client = with_kept_connections(sqs(server.url, read_timeout=QUICK))
        assert deleted(client) == "ReadTimeoutError"
        assert deleted(client) == 200
    assert [received.connection for received in server.received] == [1, 2]


@pytest.mark.parametrize(
    ("name", "is_trusted", "result"),
    [("127.0.0.1", True, 200), ("127.0.0.1", False, "SSLError"), ("127.0.0.2", True, "SSLError")],
)
def test_tls_is_verified(
    name: str,
    is_trusted: bool,
    result: object,
    sqs: MakeClient,
    opened: list[HTTPConnection],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A certificate for the host by an authority of the bundle; nothing is sent to any other server."""
    authority, bundle = trustme.CA(), tmp_path / "bundle.pem"
    (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with Loopback(answer({}), tls=context) as server:
        client = with_kept_connections(sqs(server.url))
        assert [deleted(client), deleted(client)] == [result, result]
        opened[0].close()  # the server ends when its connections do
    assert [received.connection for received in server.received] == ([1, 1] if result == 200 else [])


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_with_a_proxy_botocore_sends_as_ever(
    name: str, sqs: MakeClient, opened: list[HTTPConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It supports proxies."""
    with Loopback(answer({})) as server:
        monkeypatch.setenv(name, server.url)
        assert deleted(with_kept_connections(sqs("http://invented.example"))) == 200
    assert opened == []


@pytest.mark.parametrize(
    "settings",
    [
        {"NO_PROXY": "localhost"},
        {"ALL_PROXY": "http://127.0.0.1:9"},
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"},
    ],
)
def test_without_a_proxy_for_the_host_a_connection_is_kept(
    settings: dict[str, str], sqs: MakeClient, opened: list[HTTPConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of hosts without a proxy, a proxy of another scheme, or one that this host does not use."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with Loopback(answer({})) as server:
        assert deleted(with_kept_connections(sqs(server.url))) == 200
    assert len(opened) == 1
