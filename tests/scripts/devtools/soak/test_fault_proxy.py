"""The proxy of faults, between real clients of AWS and a server: what it hands on, and how it fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from scripts.devtools.soak.fault_plan import Call, FaultSchedule, InjectedFault
from scripts.devtools.soak.fault_proxy import fault_proxy
from scripts.devtools.soak.soak_excuses import CallLedger, LedgerEntry
from tests.loopback import Conversation, Loopback, answer

ONCE = Config(retries={"total_max_attempts": 1})


class Faults(FaultSchedule):
    """The same fault for every call; remembers the calls."""

    def __init__(self, fault: InjectedFault | None = None) -> None:
        self.fault = fault
        self.calls: list[str] = []
        self.befallen: list[str] = []

    def decide(self, call: Call) -> InjectedFault | None:
        self.calls.append(call.operation)
        return self.fault

    def happened(self, call: Call, _fault: InjectedFault) -> None:
        self.befallen.append(call.operation)


class Ledger(CallLedger):
    """Remembers the result of each call, by its operation."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []
        self.unread_calls: list[str] = []
        self.entries: list[LedgerEntry] = []  # kept, so that no two have the same id
        self.operations: dict[int, str] = {}
        self.ended = threading.Event()

    def began(self, call: Call) -> LedgerEntry:
        self.operations[id(entry := LedgerEntry(0))] = call.operation
        self.entries.append(entry)
        return entry

    def answered(self, entry: LedgerEntry, _call: Call, status: int, _content: bytes) -> None:
        self.answers.append((self.operations[id(entry)], status))

    def unread(self, entry: LedgerEntry) -> None:
        self.unread_calls.append(self.operations[id(entry)])
        self.ended.set()


@contextmanager
def proxied(faults: Faults, ledger: Ledger | None = None) -> Iterator[tuple[Callable[[str], Any], Loopback]]:
    """Makes clients that call through the proxy, and the server behind it."""
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    clients: list[Any] = []

    def client(service: str) -> Any:
        made = boto3.client(service, endpoint_url=proxy_url, config=ONCE, **keys)  # type: ignore[call-overload]  # by name
        clients.append(made)
        return made

    with (
        Loopback(answer({})) as server,
        fault_proxy(0, server.url, faults, ledger or Ledger(), poll_seconds=0.005) as proxy_url,
    ):
        yield client, server
        for made in clients:
            made.close()


CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("sqs", "send_message", {"QueueUrl": "https://q", "MessageBody": "x"}, "sqs:SendMessage"),
    ("ssm", "get_parameters", {"Names": ["n"]}, "ssm:GetParameters"),
    ("stepfunctions", "start_execution", {"stateMachineArn": "arn:x"}, "states:StartExecution"),
    ("dynamodb", "put_item", {"TableName": "ttt", "Item": {"id": {"S": "x"}}}, "dynamodb:PutItem"),
    ("sns", "publish", {"TopicArn": "arn:x", "Message": "x"}, "sns:Publish"),
    ("s3", "put_object", {"Bucket": "bbb", "Key": "k", "Body": b"x"}, "s3:PUT"),
]


@pytest.mark.parametrize(("service", "method", "given", "operation"), CALLS)
def test_a_call_is_known_by_its_operation_and_fails_with_the_code(
    service: str, method: str, given: dict[str, Any], operation: str
) -> None:
    """In the form of its service, so that the SDK reads the very code; nothing gets through."""
    faults = Faults(InjectedFault("SomethingWrong", 403))
    with proxied(faults) as (client, server), pytest.raises(ClientError) as failed:
        getattr(client(service), method)(**given)
    assert failed.value.response["Error"]["Code"] == "SomethingWrong"
    assert (faults.calls, faults.befallen) == ([operation], [operation])
    assert server.received == []


@pytest.mark.parametrize(
    ("fault", "befallen"), [(None, []), (InjectedFault(delay=0.01), ["ssm:GetParameters"])], ids=["no fault", "a delay"]
)
def test_what_does_not_fail_is_handed_on_and_back(fault: InjectedFault | None, befallen: list[str]) -> None:
    """Request and answer as they are, late if that is the fault."""
    faults = Faults(fault)
    with proxied(faults) as (client, server):
        assert client("ssm").get_parameters(Names=["n"])["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert server.received[0].members == {"Names": ["n"]}
    assert server.received[0].headers["x-amz-target"] == "AmazonSSM.GetParameters"
    assert faults.befallen == befallen


def test_an_answer_was_read_for_certain_when_its_connection_carries_another_call() -> None:
    """Only the last call of a connection that has ended may not know: its function hung up, or was killed."""
    ledger = Ledger()
    with proxied(Faults(), ledger) as (client, _):
        ssm = client("ssm")
        ssm.get_parameters(Names=["n"])
        ssm.get_parameter(Name="n")
        assert ledger.unread_calls == []
        ssm.close()
        assert ledger.ended.wait(20)
    assert ledger.answers == [("ssm:GetParameters", 200), ("ssm:GetParameter", 200)]
    assert ledger.unread_calls == ["ssm:GetParameter"]


def test_a_function_that_hangs_up_before_the_answer_is_seen_to_do_so() -> None:
    """This holds for any duration and any clock."""
    ledger, go_on = Ledger(), threading.Event()
    impatient = Config(read_timeout=0.1, retries={"total_max_attempts": 1})

    def slow(conversation: Conversation) -> bool:
        go_on.wait(20)
        return answer({})(conversation)

    with Loopback(slow) as server, fault_proxy(0, server.url, Faults(), ledger, poll_seconds=0.005) as proxy_url:
        keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
        client = boto3.client("ssm", endpoint_url=proxy_url, config=impatient, **keys)  # type: ignore[call-overload]  # by name
        with pytest.raises(BotoCoreError):
            client.get_parameters(Names=["n"])
        go_on.set()
        assert ledger.ended.wait(20)
    assert ledger.unread_calls == ["ssm:GetParameters"]


def test_a_lost_answer_is_lost_after_the_call_was_carried_out() -> None:
    """The client does not know, and the server has done it."""
    faults, ledger = Faults(InjectedFault(loses_answer=True)), Ledger()
    with proxied(faults, ledger) as (client, server), pytest.raises(BotoCoreError):
        client("ssm").get_parameters(Names=["n"])
    assert ledger.ended.wait(20)
    assert len(server.received) == 1
    assert faults.befallen == ledger.unread_calls == ["ssm:GetParameters"]
