"""The queue of notifications: batches, partial failures, and what is sent again."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.envelope import MAX_QUEUED_BYTES, Envelope, QueuedMessage
from notifications.notification_queue import MAX_BATCH, NOT_NAMED, NotificationQueue, NotQueuedError
from processor.errors import Permanent

Answer = Callable[[list[str]], Mapping[str, Any]]
"""Answers a batch, given the ids of its entries."""


def message(body: str = "{}", group: str = "library+jobs") -> QueuedMessage:
    return (
        Envelope(body.encode(), "receipt", "2026-01-01T00:00:00.000Z", "notifications").encode()._replace(group=group)
    )


def failed(number: str, code: str = "InternalError", *, fault: bool = False) -> dict[str, Any]:
    return {"Id": number, "Code": code, "SenderFault": fault, "Message": "secret text"}


def taken(numbers: Iterable[str], failures: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"Successful": [{"Id": number, "MessageId": f"m-{number}"} for number in numbers], "Failed": [*failures]}


def all_taken(numbers: list[str]) -> Mapping[str, Any]:
    return taken(numbers)


def raising(error: Exception) -> Answer:
    def answer(_: list[str]) -> Mapping[str, Any]:
        raise error

    return answer


class FakeSqs:
    """Answers batches by a script, of which the last part is repeated, and keeps the requests."""

    def __init__(self, *script: Answer) -> None:
        self._script: Iterator[Answer] = itertools.chain(script, itertools.repeat(script[-1]))
        self.batches: list[list[str]] = []
        self.entries: list[dict[str, Any]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Mapping[str, Any]:  # noqa: N803 - boto3
        assert QueueUrl == "https://q"
        ids = [entry["Id"] for entry in Entries]
        self.batches.append(ids)
        self.entries += Entries
        return next(self._script)(ids)


def send(sqs: Any, messages: list[QueuedMessage], remaining: Callable[[], float] = lambda: 12.0) -> list[str]:
    return NotificationQueue(sqs, "https://q", sleep=lambda _: None).send(messages, remaining)


def test_messages_go_in_batches_of_ten() -> None:
    """The ids come back in the order of the messages, and no batch has more than SQS accepts."""
    sqs = FakeSqs(all_taken)
    ids = send(sqs, [message(f"{number}") for number in range(23)])
    assert [len(batch) for batch in sqs.batches] == [MAX_BATCH, MAX_BATCH, 3]
    assert ids == [f"m-{number}" for number in (*range(10), *range(10), *range(3))]
    assert [entry["MessageBody"] for entry in sqs.entries] == [f"{number}" for number in range(23)]
    assert send(FakeSqs(all_taken), []) == []


@pytest.mark.usefixtures("aws")
def test_a_message_arrives_with_envelope_and_group() -> None:
    """SQS gets the body, the attributes of the envelope, and the group of the message."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    ids = NotificationQueue(sqs, url).send([message("Ende ✓"), message(group="")], lambda: 12.0)
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    )["Messages"]
    by_id = {each["MessageId"]: each for each in received}
    first, second = (by_id[each] for each in ids)
    attributes = {name: value["StringValue"] for name, value in first["MessageAttributes"].items()}
    assert first["Body"] == "Ende ✓"
    assert attributes["receipt_id"] == "receipt"
    assert attributes["profile"] == "notifications"
    assert [each["Attributes"].get("MessageGroupId") for each in (first, second)] == ["library+jobs", None]


def test_only_the_failed_part_is_sent_again_with_the_same_ids() -> None:
    """Two of three are taken; the third is retried under its id until it is taken."""
    sqs = FakeSqs(lambda _: taken("02", [failed("1")]), lambda _: taken("", [failed("1", "Throttling")]), all_taken)
    assert send(sqs, [message()] * 3) == ["m-0", "m-1", "m-2"]
    assert sqs.batches == [["0", "1", "2"], ["1"], ["1"]]


def test_an_entry_in_neither_list_is_sent_again() -> None:
    """An answer that names fewer entries than were sent is not a success."""
    sqs = FakeSqs(lambda _: taken("0"), all_taken)
    assert send(sqs, [message()] * 2) == ["m-0", "m-1"]
    assert sqs.batches == [["0", "1"], ["1"]]
    with pytest.raises(NotQueuedError) as caught:
        send(FakeSqs(lambda _: taken("0")), [message()] * 2)
    assert (caught.value.queued, caught.value.code) == (1, NOT_NAMED)
    with pytest.raises(NotQueuedError, match="0 queued"):
        send(FakeSqs(lambda _: {}), [message()])


def test_ids_that_were_not_sent_are_ignored() -> None:
    """An answer about other entries takes nothing and fails nothing."""
    sqs = FakeSqs(lambda _: taken("079", [failed("8", fault=True)]), all_taken)
    assert send(sqs, [message()] * 2) == ["m-0", "m-1"]
    assert sqs.batches == [["0", "1"], ["1"]]
    with pytest.raises(NotQueuedError, match=r"^0 queued"):
        send(FakeSqs(lambda _: taken("79", [failed("0", fault=True)])), [message()])


def test_a_fault_of_the_sender_is_permanent() -> None:
    """The same message would be refused again, so that nothing is retried; what was taken is counted."""
    sqs = FakeSqs(lambda _: taken("0", [failed("1"), failed("2", "InvalidMessageContents", fault=True)]))
    with pytest.raises(NotQueuedError) as caught:
        send(sqs, [message()] * 3)
    assert (caught.value.queued, caught.value.code) == (1, "InvalidMessageContents")
    assert len(sqs.batches) == 1


def test_a_throttle_is_retried_as_a_fault_of_the_sender_too() -> None:
    """SQS may call a throttle a fault of the sender."""
    sqs = FakeSqs(lambda _: taken("", [failed("0", "ThrottlingException", fault=True)]), all_taken)
    assert send(sqs, [message()]) == ["m-0"]


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://secret.example"),
        ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "secret text"}}, "SendMessageBatch"),
    ],
)
def test_a_failed_call_is_retried_as_a_whole(error: Exception) -> None:
    """A lost answer is a failed call too: what SQS took comes twice, with the same identity."""
    sqs = FakeSqs(raising(error), all_taken)
    assert send(sqs, [message()] * 2) == ["m-0", "m-1"]
    with pytest.raises(NotQueuedError, match=r"^0 queued, then (ConnectTimeoutError|ServiceUnavailable)$"):
        send(FakeSqs(raising(error)), [message()])


def test_a_missing_permission_is_not_retried() -> None:
    """An error that every call gets again ends the request at once."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "arn"}}, "SendMessageBatch")
    sqs = FakeSqs(raising(denied))
    with pytest.raises(NotQueuedError, match="AccessDenied"):
        send(sqs, [message()])
    assert len(sqs.batches) == 1


def test_retries_end() -> None:
    """A message that is never taken is sent three times, with growing pauses."""
    sqs: Any = FakeSqs(lambda _: taken("", [failed("0")]))
    pauses: list[float] = []
    queue = NotificationQueue(sqs, "https://q", sleep=pauses.append, random=lambda: 1.0)
    with pytest.raises(NotQueuedError):
        queue.send([message()], lambda: 12.0)
    assert len(sqs.batches) == 3
    assert pauses == [0.4, 0.8]


def test_retries_end_when_the_client_would_not_wait() -> None:
    """Without time for one more call nothing is sent again; the first attempt is always made."""
    sqs = FakeSqs(lambda _: taken("", [failed("0")]))
    with pytest.raises(NotQueuedError):
        send(sqs, [message()], lambda: 4.0)
    assert len(sqs.batches) == 1


def test_a_failure_of_the_second_batch_counts_the_first() -> None:
    """The first ten are on the queue, and the rest is not sent."""
    sqs = FakeSqs(all_taken, lambda _: taken("", [failed("0", fault=True)]))
    with pytest.raises(NotQueuedError) as caught:
        send(sqs, [message()] * 25)
    assert caught.value.queued == 10
    assert len(sqs.batches) == 2


def test_a_batch_is_at_most_as_large_as_sqs_accepts() -> None:
    """Ten messages of 300 KB go in four batches; one that is too large alone is refused before anything is sent."""
    sqs = FakeSqs(all_taken)
    send(sqs, [message("x" * 300_000)] * 10)
    assert [len(batch) for batch in sqs.batches] == [3, 3, 3, 1]
    most = message("x" * (MAX_QUEUED_BYTES - message("").size))
    assert send(FakeSqs(all_taken), [most]) == ["m-0"]
    untouched = FakeSqs(all_taken)
    with pytest.raises(
        Permanent, match="too-large: a notification is larger than the queue accepts; shorten its model"
    ):
        send(untouched, [message(), most._replace(utf8=most.utf8 + b"x")])
    assert untouched.batches == []


def sent_or_counted(sqs: FakeSqs, count: int) -> tuple[list[str] | None, int]:
    """Send messages and return their ids, or None, and how many are on the queue."""
    try:
        ids = send(sqs, [message()] * count)
    except NotQueuedError as error:
        return None, error.queued
    return ids, len(ids)


@settings(max_examples=50)
@given(st.data(), st.integers(1, 25))
def test_no_answer_of_sqs_loses_or_invents_a_message(data: st.DataObject, count: int) -> None:
    """Either each message has the id that SQS gave it, or the number of those that were taken is exact."""
    stored: list[str] = []

    def answer(ids: list[str]) -> Mapping[str, Any]:
        fates = {number: data.draw(st.sampled_from(["taken", "failed", "fault", "not named"])) for number in ids}
        these = [{"Id": number, "MessageId": f"m-{len(stored)}-{number}"} for number in ids if fates[number] == "taken"]
        stored.extend(each["MessageId"] for each in these)
        failures = [failed(number, fault=fate == "fault") for number, fate in fates.items() if fate.startswith("fa")]
        return {"Successful": these, "Failed": failures}

    ids, queued = sent_or_counted(FakeSqs(answer), count)
    assert queued == len(stored) == len(set(stored))
    assert ids is None or sorted(ids) == sorted(stored)
    assert (ids is None) == (queued < count)
