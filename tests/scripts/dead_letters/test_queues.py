"""The clients of the two queues."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.envelope import QueuedMessage
from scripts.dead_letters.queues import MAX_BYTES, SourceQueue, fits
from tests.scripts.dead_letters.queues import Queues


def test_dead_letters_are_hidden_and_shown_again_in_any_number(queues: Queues) -> None:
    """This works for more than fit into one call."""
    for number in range(23):
        queues.put(receipt_id=f"r{number}")
    held = {
        dead_letter.message_id: dead_letter.handle
        for _ in range(3)
        for dead_letter in queues.dead_letters.receive(60, 0)
    }
    assert (queues.dead_letters.depth().visible, queues.dead_letters.depth().hidden) == (0, 23)
    assert queues.dead_letters.hide(held, 0) == set()
    assert queues.dead_letters.depth().visible == queues.dead_letters.depth().all == 23


def test_failed_deletions_are_returned(queues: Queues) -> None:
    """An invalid handle is returned; the others are deleted."""
    for number in range(12):
        queues.put(receipt_id=f"r{number}")
    handles = {
        dead_letter.message_id: dead_letter.handle
        for _ in range(2)
        for dead_letter in queues.dead_letters.receive(60, 0)
    }
    assert queues.dead_letters.delete({**dict(list(handles.items())[:11]), "gone": "no-such-handle"}) == {"gone"}
    assert queues.dead_letters.depth().all == 1


def test_the_queue_has_a_retention_period(queues: Queues) -> None:
    """From its retention period, with the time by AWS' clock."""
    keeps, now = queues.dead_letters.retention()
    assert keeps == timedelta(days=14)
    assert now.tzinfo is not None


class Answering:
    """An SQS client with prepared responses."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def send_message_batch(self, **_: Any) -> dict[str, Any]:
        return self._answer


def message(body: str = "{}", **attributes: str) -> QueuedMessage:
    return QueuedMessage(body.encode(), {"receipt_id": "r1", **attributes})


def received(queues: Queues) -> list[Any]:
    answer = queues.aws.sqs.receive_message(
        QueueUrl=queues.webhooks_url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["MessageGroupId"],
    )
    return answer.get("Messages", [])


def test_a_message_arrives_as_it_is(queues: Queues) -> None:
    """Body and attributes."""
    assert SourceQueue(queues.aws.sqs, queues.webhooks_url).send([message("ü", profile="alma")]) == {}
    [arrived] = received(queues)
    assert arrived["Body"] == "ü"
    texts = {name: value["StringValue"] for name, value in arrived["MessageAttributes"].items()}
    assert texts == {"receipt_id": "r1", "profile": "alma"}


@pytest.mark.parametrize(("profile", "group"), [("alma", "alma.replay"), ("other", "other.replay"), ("a b", "replay")])
def test_f75_a_message_that_a_command_sends_is_in_the_group_of_replays(
    queues: Queues, profile: str, group: str
) -> None:
    """One per Alma profile for all event families, so that it delays no live event."""
    source = SourceQueue(queues.aws.sqs, queues.webhooks_url)
    assert source.send([message('{"action":"BIB"}', profile=profile), message()]) == {}
    assert [each["Attributes"]["MessageGroupId"] for each in received(queues)] == [group, ".replay"]


def test_the_waiting_messages_are_counted(queues: Queues) -> None:
    """Those that are received already are not."""
    source = SourceQueue(queues.aws.sqs, queues.webhooks_url)
    source.send([message()] * 3)
    assert source.waiting() == 3
    received(queues)
    assert source.waiting() == 0


def test_f43_an_unsendable_message_does_not_hold_up_others(queues: Queues) -> None:
    """SQS would fail the whole call because of one message beyond a limit."""
    many = message(**{f"a{number}": "x" for number in range(10)})
    large = message("x" * MAX_BYTES)
    failed = SourceQueue(queues.aws.sqs, queues.webhooks_url).send([many, message(), large])
    assert set(failed) == {0, 2}
    assert "11 attributes" in failed[0]
    assert "bytes" in failed[2]
    assert len(received(queues)) == 1
    assert set(SourceQueue(queues.aws.sqs, queues.webhooks_url).send([many])) == {0}


def test_f43_only_what_sqs_confirms_counts_as_sent() -> None:
    """A failure, another body and a missing response all count as not sent."""
    answer = {
        # pragma: allowlist nextline secret -- the digest of {}
        "Successful": [{"Id": "0", "MD5OfMessageBody": "99914b932bd37a50b983c5e7c90ae93b"}, _other_body("2")],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}],
    }
    sqs: Any = Answering(answer)
    failed = SourceQueue(sqs, "url").send([message() for _ in range(4)])
    assert failed == {1: "InternalError", 2: "the queue received another body", 3: "SQS did not confirm it"}


def _other_body(id_: str) -> dict[str, str]:
    # pragma: allowlist nextline secret -- the digest of nothing
    return {"Id": id_, "MD5OfMessageBody": "d41d8cd98f00b204e9800998ecf8427e"}


@pytest.mark.parametrize(
    ("sizes", "do_fit"),
    [([10] * 10, True), ([10] * 11, False), ([MAX_BYTES], True), ([MAX_BYTES, 10], False), ([500_000, 600_000], False)],
)
def test_a_call_takes_ten_messages_and_a_megabyte_in_all(sizes: list[int], do_fit: bool) -> None:
    """Attributes count toward the limit."""
    rest = QueuedMessage(b"", {"a": "b"}).size
    assert fits([QueuedMessage(b"x" * (size - rest), {"a": "b"}) for size in sizes]) is do_fit


def test_f47_a_call_may_be_kept_smaller() -> None:
    """A low rate needs smaller calls."""
    assert fits([message()] * 3, most=3)
    assert not fits([message()] * 4, most=3)
