"""The AWS client against a server that closes, resets, stalls and fails as a script says."""

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
    """What the given headers and the rest of a request, as it arrived, are signed with."""
    method, path, _ = received.request.split()
    where = {"host": received.headers["host"], "service": service, "region": "eu-central-1"}
    signed = signed_headers(given, received.body, **where, credentials=KEYS, now=0.0, method=method, path=path)
    return signed["Authorization"]


def soon(seconds: float = 4.0) -> Deadline:
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
    """Operation, members, region, session token and signature arrive as AWS wants them."""
    with Loopback(answer({"MessageId": "1"})) as server:
        assert call(client_of(server, service="ssm"), {"Text": "ü"}, soon(), protocol) == {"MessageId": "1"}
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


def test_a_client_asks_the_trust_that_it_is_given() -> None:
    """All of a function's clients share one: to make it is dear."""

    class Trusting:
        """Notes whose certificate is asked for, and leaves the connection as it is."""

        def __init__(self) -> None:
            self.asked: list[bytes] = []

        def wrap(self, connected: socket.socket, host: bytes) -> socket.socket:
            self.asked.append(host)
            return connected

    trust: Any = Trusting()
    with Loopback(answer({})) as server:
        endpoint = server.url.replace("http:", "https:")
        with closing(Client("sqs", endpoint, region="eu-central-1", credentials=KEYS, trust=trust)) as client:
            call(client, {}, soon())
    assert trust.asked == [b"127.0.0.1"]


def test_the_connection_is_kept(client_of: MakeClient) -> None:
    """Three calls, one connection, opened before the first."""
    with Loopback(answer({})) as server:
        client = client_of(server)
        client.connect(soon())
        for _ in range(3):
            call(client, {}, soon())
    assert [received.connection for received in server.received] == [1, 1, 1]


@pytest.mark.parametrize(
    "between",
    [answer({}, keep=False), answer_then_reset({}), answer({}, header="Connection: close\r\n", keep=False)],
    ids=["closed", "reset", "said to be closed"],
)
def test_a_connection_that_ended_between_two_requests_is_replaced(client_of: MakeClient, between: Behaviour) -> None:
    """The second request goes out on a fresh connection, and nobody notices."""
    with Loopback(between, answer({"n": 2})) as server:
        client = client_of(server)
        assert call(client, {}, soon()) == {}
        assert call(client, {}, soon()) == {"n": 2}
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
    ids=["closes", "resets", "stalls", "talks nonsense", "breaks off", "503"],
)
def test_a_request_that_fails_is_tried_once_more_on_a_fresh_connection(
    client_of: MakeClient, failure: Behaviour
) -> None:
    """The kept connection took the request and failed it: once more, elsewhere."""
    with Loopback(answer({}), failure, answer({"n": 2})) as server:
        client = client_of(server)
        call(client, {}, soon())
        assert call(client, {"Text": "again"}, soon()) == {"n": 2}
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
        call(client_of(server), {}, soon())
    assert len(server.received) == 2


def test_the_client_works_again_after_an_error(client_of: MakeClient) -> None:
    """A failed call leaves nothing behind that the next would stumble over."""
    with Loopback(stall, close, answer({"n": 3})) as server:
        client = client_of(server)
        with pytest.raises(AwsError):
            call(client, {}, soon())
        assert call(client, {}, soon()) == {"n": 3}


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
def test_f10_an_error_of_aws_is_final_and_keeps_the_connection(
    client_of: MakeClient, members: object, code: str
) -> None:
    """The same request would be rejected again; AWS' own words can quote it and are dropped."""
    with Loopback(answer(members, 400), answer({})) as server:
        client = client_of(server)
        with pytest.raises(AwsError, match=f"^{code}$"):
            call(client, {}, soon())
        call(client, {}, soon())
    assert [received.connection for received in server.received] == [1, 1]


@pytest.mark.parametrize("unreadable", [say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{"), answer([1])])
def test_a_200_that_cannot_be_read_is_an_error(client_of: MakeClient, unreadable: Behaviour) -> None:
    """What was not understood was not done, as far as we know."""
    with Loopback(unreadable) as server, pytest.raises(AwsError, match=r"^UnreadableAnswer$"):
        call(client_of(server), {}, soon())


def test_f10_the_deadline_bounds_every_wait(client_of: MakeClient) -> None:
    """A server that never answers costs no more than the budget, whatever the timeouts would allow."""
    with Loopback(stall) as server:
        began = time.monotonic()
        with pytest.raises(AwsError, match="TimeoutError"):
            call(client_of(server, timeouts=Timeouts(connect=60, exchange=60)), {}, soon(0.2))
        assert time.monotonic() - began < 30
    assert len(server.received) == 1


def test_nothing_is_sent_after_the_deadline(client_of: MakeClient) -> None:
    """With no time left a request is not sent, because it might be carried out after Alma got an error."""
    with Loopback(answer({})) as server:
        client = client_of(server)
        client.connect(soon())
        with pytest.raises(AwsError, match="TimeoutError"):
            call(client, {}, soon(0.0))
    assert server.received == []


def test_a_server_that_is_not_there_is_an_error(client_of: MakeClient) -> None:
    """Neither opening nor calling raises anything else."""
    with Loopback(answer({})) as server:
        client = client_of(server)
    for attempt in (client.connect, lambda deadline: call(client, {}, deadline)):
        with pytest.raises(AwsError, match="ConnectionRefusedError"):
            attempt(soon())


def test_a_request_has_its_method_path_and_body(client_of: MakeClient) -> None:
    """S3 takes a PUT to a path, with the body as it is; its answer has no members."""
    with Loopback(say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        assert client_of(server, service="s3").send("PUT", "/bucket/key", {"X-Custom": "1"}, b"\xff", soon()) == b""
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
    """Of an S3 error only the code is used, and nothing of a response that is not XML."""
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(answered)
    with Loopback(say(head + answered)) as server, pytest.raises(AwsError) as rejected:
        client_of(server).send("PUT", "/b/k", {}, b"", soon())
    assert str(rejected.value) == code
    assert len(server.received) == 1
