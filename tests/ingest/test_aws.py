"""The AWS client against a scripted server that closes, resets, stalls and fails."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ingest.aws import SQS, SSM, AwsError, Client, JsonApi
from ingest.connection import Timeouts
from ingest.deadline import Deadline
from ingest.sigv4 import Credentials, signed_headers
from tests.loopback import Behaviour, Loopback, Received, answer, answer_then_reset, close, reset, say, stall

SHORT = Timeouts(connect=0.2, exchange=0.2)
KEYS = Credentials("AKID", "secret", "token")

MakeClient = Callable[..., Client]


@pytest.fixture
def client_of() -> Iterator[MakeClient]:
    """Makes clients of a server, and closes them."""
    clients: list[Client] = []

    def make(server: Loopback, timeouts: Timeouts = SHORT, service: str = "sqs") -> Client:
        made = Client(service, server.url, region="eu-central-1", credentials=KEYS, timeouts=timeouts, wall=lambda: 0.0)
        clients.append(made)
        return made

    yield make
    for client in clients:
        client.close()


def call(
    client: Client, members: dict[str, str], deadline: Deadline, protocol: tuple[str, str] = SQS
) -> dict[str, Any]:
    return JsonApi(client, protocol).call("Operation", members, deadline)


def authorization(received: Received, given: dict[str, str], service: str) -> str:
    """Returns the signature of the given headers and the rest of a request, as it arrived."""
    method, path, _ = received.request.split()
    where = {"host": received.headers["host"], "service": service, "region": "eu-central-1"}
    signed = signed_headers(given, received.body, **where, credentials=KEYS, now=0.0, method=method, path=path)
    return signed["Authorization"]


def deadline_in(seconds: float = 4.0) -> Deadline:
    return Deadline(seconds, time.monotonic)


@pytest.mark.parametrize(
    ("protocol", "target", "content_type"),
    [
        (SQS, "AmazonSQS.Operation", "application/x-amz-json-1.0"),
        (SSM, "AmazonSSM.Operation", "application/x-amz-json-1.1"),
    ],
)
def test_a_call_is_a_signed_json_request(
    client_of: MakeClient, protocol: tuple[str, str], target: str, content_type: str
) -> None:
    """Operation, members, region, session token and signature have the format of AWS."""
    with Loopback(answer({"MessageId": "1"})) as server:
        assert call(client_of(server, service="ssm"), {"Text": "ü"}, deadline_in(), protocol) == {"MessageId": "1"}
    [received] = server.received
    assert received.members == {"Text": "ü"}
    assert (received.headers["x-amz-target"], received.headers["content-type"]) == (target, content_type)
    assert received.headers["host"] in server.url
    assert received.request == "POST / HTTP/1.1"
    assert received.headers["x-amz-security-token"] == "token"
    # pragma: allowlist nextline secret -- an invented key's id and scope
    assert "Credential=AKID/19700101/eu-central-1/ssm/aws4_request" in received.headers["authorization"]
    given = {"Content-Type": content_type, "X-Amz-Target": target}
    assert received.headers["authorization"] == authorization(received, given, "ssm")


def test_a_client_uses_the_given_trust() -> None:
    """All clients of a function share one trust, because it is expensive to make."""

    class Trusting:
        """Records the host names, and returns the connection unchanged."""

        def __init__(self) -> None:
            self.hosts: list[bytes] = []

        def wrap(self, connected: socket.socket, host: bytes) -> socket.socket:
            self.hosts.append(host)
            return connected

    trust: Any = Trusting()
    with Loopback(answer({})) as server:
        endpoint = server.url.replace("http:", "https:")
        with closing(Client("sqs", endpoint, region="eu-central-1", credentials=KEYS, trust=trust)) as client:
            call(client, {}, deadline_in())
    assert trust.hosts == [b"127.0.0.1"]


def test_the_connection_is_kept(client_of: MakeClient) -> None:
    """Three calls use one connection, which is opened before the first."""
    with Loopback(answer({})) as server:
        client = client_of(server)
        client.connect(deadline_in())
        for _ in range(3):
            call(client, {}, deadline_in())
    assert [received.connection for received in server.received] == [1, 1, 1]


@pytest.mark.parametrize(
    "between",
    [answer({}, keep=False), answer_then_reset({}), answer({}, header="Connection: close\r\n", keep=False)],
    ids=["closed", "reset", "connection close"],
)
def test_a_closed_connection_is_replaced(client_of: MakeClient, between: Behaviour) -> None:
    """If the server closed the connection between two requests, the second one uses a new connection."""
    with Loopback(between, answer({"n": 2})) as server:
        client = client_of(server)
        assert call(client, {}, deadline_in()) == {}
        assert call(client, {}, deadline_in()) == {"n": 2}
    assert [received.connection for received in server.received] == [1, 2]


@pytest.mark.parametrize(
    "failure",
    [
        close,
        reset,
        stall,
        say(b"nonsense\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        answer({}, 503),
    ],
    ids=["closes", "resets", "stalls", "invalid response", "breaks off", "503"],
)
def test_a_failed_request_is_retried_on_a_new_connection(client_of: MakeClient, failure: Behaviour) -> None:
    """A request that fails on the kept connection is retried once on a new one."""
    with Loopback(answer({}), failure, answer({"n": 2})) as server:
        client = client_of(server)
        call(client, {}, deadline_in())
        assert call(client, {"Text": "again"}, deadline_in()) == {"n": 2}
    assert [received.connection for received in server.received] == [1, 1, 2]
    assert server.received[1].body == server.received[2].body


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (close, "NoAnswerError"),
        (reset, "ConnectionResetError"),
        (stall, "TimeoutError"),
        (say(b"nonsense\r\n\r\n"), "AnswerError"),
        (answer({"__type": "InternalError"}, 500), "InternalError"),
        (answer([], 503), "HTTP503"),
    ],
)
def test_f10_two_failures_are_an_error(client_of: MakeClient, failure: Behaviour, code: str) -> None:
    """There is no third attempt, and the error has only its kind."""
    with Loopback(failure) as server, pytest.raises(AwsError, match=f"^{code}$"):
        call(client_of(server), {}, deadline_in())
    assert len(server.received) == 2


def test_the_client_works_again_after_an_error(client_of: MakeClient) -> None:
    """A failed call does not affect the next one."""
    with Loopback(stall, close, answer({"n": 3})) as server:
        client = client_of(server)
        with pytest.raises(AwsError):
            call(client, {}, deadline_in())
        assert call(client, {}, deadline_in()) == {"n": 3}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "patron-4711"}, "QueueDoesNotExist"),
        ({"__type": "AccessDeniedException"}, "AccessDeniedException"),
        ({"__type": "service#" + "x" * 101}, "x" * 100),
        ({"message": "no type"}, "HTTP400"),
        ([], "HTTP400"),
    ],
)
def test_f10_an_aws_error_is_final_and_keeps_the_connection(client_of: MakeClient, members: object, code: str) -> None:
    """AWS errors are not retried, and their text is dropped because it can quote the request."""
    with Loopback(answer(members, 400), answer({})) as server:
        client = client_of(server)
        with pytest.raises(AwsError, match=f"^{code}$"):
            call(client, {}, deadline_in())
        call(client, {}, deadline_in())
    assert [received.connection for received in server.received] == [1, 1]


@pytest.mark.parametrize("unreadable", [say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{"), answer([1])])
def test_an_unreadable_200_is_an_error(client_of: MakeClient, unreadable: Behaviour) -> None:
    """A response that cannot be read is an error, even with status 200."""
    with Loopback(unreadable) as server, pytest.raises(AwsError, match=r"^UnreadableAnswer$"):
        call(client_of(server), {}, deadline_in())


def test_f10_the_deadline_bounds_every_wait(client_of: MakeClient) -> None:
    """A server that never answers uses no more time than the deadline allows."""
    with Loopback(stall) as server:
        began = time.monotonic()
        with pytest.raises(AwsError, match="TimeoutError"):
            call(client_of(server, timeouts=Timeouts(connect=60, exchange=60)), {}, deadline_in(0.2))
        assert time.monotonic() - began < 30
    assert len(server.received) == 1


def test_nothing_is_sent_after_the_deadline(client_of: MakeClient) -> None:
    """A request is not sent without time left, because it could take effect after Alma got an error."""
    with Loopback(answer({})) as server:
        client = client_of(server)
        client.connect(deadline_in())
        with pytest.raises(AwsError, match="TimeoutError"):
            call(client, {}, deadline_in(0.0))
    assert server.received == []


def test_a_missing_server_is_an_error(client_of: MakeClient) -> None:
    """Opening a connection and calling raise the same error."""
    with Loopback(answer({})) as server:
        client = client_of(server)
    for attempt in (client.connect, lambda deadline: call(client, {}, deadline)):
        with pytest.raises(AwsError, match="ConnectionRefusedError"):
            attempt(deadline_in())


def test_a_request_has_its_method_path_and_body(client_of: MakeClient) -> None:
    """S3 gets a PUT to a path, with the body unchanged; its response has no members."""
    with Loopback(say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        assert (
            client_of(server, service="s3").send("PUT", "/bucket/key", {"X-Custom": "1"}, b"\xff", deadline_in()) == b""
        )
    [received] = server.received
    assert (received.request, received.body) == ("PUT /bucket/key HTTP/1.1", b"\xff")
    assert (received.headers["x-custom"], received.headers["content-length"]) == ("1", "1")
    assert received.headers["authorization"] == authorization(received, {"X-Custom": "1"}, "s3")


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (b"<Error><Code>AccessDenied</Code><Message>patron-4711</Message></Error>", "AccessDenied"),
        (b'<?xml version="1.0"?>\n<Error>\n<Code>KMS.DisabledException</Code></Error>', "KMS.DisabledException"),
        (b'{"message":"<Code>patron4711</Code>"}', "HTTP403"),
        (b"<Error><Code>two words</Code></Error>", "HTTP403"),
        (b"<Error><Code>..</Code></Error>", "HTTP403"),
        (b" \n<Error><Code>First</Code><Other><Code>Second</Code></Other></Error>", "First"),
    ],
)
def test_an_error_in_xml_is_its_code(client_of: MakeClient, answered: bytes, code: str) -> None:
    """Only the code of an S3 error is used, and nothing of a response that is not XML."""
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(answered)
    with Loopback(say(head + answered)) as server, pytest.raises(AwsError) as rejected:
        client_of(server).send("PUT", "/b/k", {}, b"", deadline_in())
    assert str(rejected.value) == code
    assert len(server.received) == 1
