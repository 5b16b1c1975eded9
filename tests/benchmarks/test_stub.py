"""The stub: AWS' own client takes its answers, over TLS that it verifies."""

import hashlib
import json
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from benchmarks.answers import SECRET, Answers
from benchmarks.stub import Stub
from benchmarks.workspace import Workspace

ARN = "arn:aws:{}:eu-central-1:000000000000:{}"


@pytest.fixture
def client(place: Workspace, stub: Stub) -> Any:
    """Makes a client of any service; every one of them sends all that it has to the stub."""
    session = boto3.Session("AKIAINVENTED", "invented", "invented", region_name="eu-central-1")

    def make(service: str) -> Any:
        url = f"https://localhost:{stub.port}"
        return session.client(service, endpoint_url=url, verify=str(place.full_bundle))  # type: ignore[call-overload] # any service

    return make


def test_secrets_come_from_ssm(client: Any) -> None:
    """One by one and several at once; there is never a previous one."""
    ssm = client("ssm")
    assert ssm.get_parameter(Name="/x/secret", WithDecryption=True)["Parameter"]["Value"] == SECRET
    answer = ssm.get_parameters(Names=["/x/secret", "/x/previous-secret"], WithDecryption=True)
    assert [parameter["Name"] for parameter in answer["Parameters"]] == ["/x/secret"]
    assert answer["InvalidParameters"] == ["/x/previous-secret"]


@pytest.mark.parametrize("body", ["a", '{"quoted": "misérables"}', "x" * 200_000])
def test_sqs_returns_the_digest_of_the_body(client: Any, body: str) -> None:
    """By which ingest sees that a message was taken as it is; a large one arrives in several pieces."""
    sent = client("sqs").send_message(QueueUrl="https://localhost/000000000000/q", MessageBody=body)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def test_targets_take_what_they_are_given(client: Any) -> None:
    """SNS, Step Functions, EventBridge and Lambda, each in its own protocol."""
    assert client("sns").publish(TopicArn=ARN.format("sns", "t"), Message="m")["MessageId"]
    started = client("stepfunctions").start_execution(
        stateMachineArn=ARN.format("states", "stateMachine:pod"), name="n"
    )
    assert started["executionArn"] == ARN.format("states", "execution:pod") + ":n"
    entry = {"Source": "alma", "DetailType": "LOAN", "Detail": "{}"}
    assert client("events").put_events(Entries=[entry, entry])["FailedEntryCount"] == 0
    assert client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202


def test_dynamodb_keeps_records(client: Any) -> None:
    """A record that is there refuses a conditional put, and shows itself; an update and a delete change it."""
    table = client("dynamodb")
    item = {"id": {"S": "1"}, "status": {"S": "INPROGRESS"}}
    put = {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    table.put_item(**put)
    with pytest.raises(ClientError) as refused:
        table.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["Item"] == item  # type: ignore[typeddict-item] # a member of this error alone
    table.update_item(
        TableName="t",
        Key={"id": {"S": "1"}},
        UpdateExpression="SET #data = :data, #status = :status",
        ExpressionAttributeNames={"#data": "data", "#status": "status"},
        ExpressionAttributeValues={":data": {"S": "{}"}, ":status": {"S": "COMPLETED"}},
    )
    kept = table.get_item(TableName="t", Key={"id": {"S": "1"}})["Item"]
    assert kept == {"id": {"S": "1"}, "status": {"S": "COMPLETED"}, "data": {"S": "{}"}}
    table.delete_item(TableName="t", Key={"id": {"S": "1"}})
    assert "Item" not in table.get_item(TableName="t", Key={"id": {"S": "1"}})


def test_a_duplicate_stays_one_however_many_events_come() -> None:
    """Only records that no event has asked for lately are forgotten."""
    answers = Answers()

    def put(number: int) -> int:
        members = {"Item": {"id": {"S": str(number)}}, "ConditionExpression": "attribute_not_exists(id)"}
        return answers.answer("/", {"x-amz-target": "DynamoDB_20120810.PutItem"}, json.dumps(members).encode())[0]

    statuses = [put(number if number % 500 else 0) for number in range(2000)]
    assert statuses[::500] == [200, 400, 400, 400]


def test_calls_are_counted_by_service_and_operation(client: Any, stub: Stub) -> None:
    """They count since they were last read, in any protocol."""
    client("sns").publish(TopicArn=ARN.format("sns", "t"), Message="m")
    sqs = client("sqs")
    for _ in range(2):
        sqs.send_message(QueueUrl="https://localhost/000000000000/q", MessageBody="b")
    assert stub.counts() == {"sns:Publish": 1, "sqs:SendMessage": 2}
    assert stub.counts() == {}


def test_what_it_does_not_know_it_says(client: Any) -> None:
    """An operation that nobody has thought of fails, instead of costing nothing."""
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client("sqs").list_queues()


REQUEST = b'POST / HTTP/1.1\r\nX-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: 13\r\n\r\n{"Name": "n"}'


@pytest.fixture
def connection(place: Workspace, stub: Stub) -> Iterator[ssl.SSLSocket]:
    """One that has had an answer, and waits half a second at most for another."""
    tls = ssl.create_default_context(capath=str(place.trusted_folder))
    with (
        socket.create_connection(("127.0.0.1", stub.port), timeout=0.5) as plain,
        tls.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connected,
    ):
        connected.sendall(REQUEST)
        assert connected.recv(1000).startswith(b"HTTP/1.1 200 ")
        yield connected


def test_a_closed_one_says_that_it_closes(connection: ssl.SSLSocket, stub: Stub) -> None:
    """The end of TLS, then that of TCP, as HTTP servers do it: nothing is raised."""
    stub.disturb("close")
    assert connection.recv(1000) == b""


def test_a_reset_one_says_nothing(connection: ssl.SSLSocket, stub: Stub) -> None:
    """The kernel does. Asked below TLS, whose versions in Python call it by different names."""
    stub.disturb("reset")
    with socket.socket(fileno=os.dup(connection.fileno())) as below, pytest.raises(ConnectionResetError):
        below.recv(1000)


def test_a_mute_one_takes_requests_and_never_answers(connection: ssl.SSLSocket, place: Workspace, stub: Stub) -> None:
    """Half-open, as far as a client can see; a new connection is served."""
    stub.disturb("mute")
    connection.sendall(REQUEST)
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(1000)
    tls = ssl.create_default_context(capath=str(place.trusted_folder))
    with (
        socket.create_connection(("127.0.0.1", stub.port), timeout=5) as plain,
        tls.wrap_socket(plain, server_hostname="localhost") as other,
    ):
        other.sendall(REQUEST[:50])
        other.sendall(REQUEST[50:])
        assert other.recv(1000).startswith(b"HTTP/1.1 200 ")
