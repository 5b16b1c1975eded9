"""Reading a dead letter with any body, from the queue or the bucket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from ingest.envelope import Envelope, pointer_to
from processor.overflow_bucket import OverflowBucket
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.reader import ReadDeadLetter, Reader
from scripts.dead_letters.store import open_dead_letters
from tests.scripts.dead_letters.queues import Queues, loan


@pytest.fixture
def reader(aws: Aws) -> Reader:
    """Reads dead letters, and bodies from an overflow bucket."""
    aws.s3.create_bucket(Bucket="overflow")
    return Reader(OverflowBucket(aws.s3, "overflow"), timedelta(days=14))


def only(queues: Queues, reader: Reader) -> ReadDeadLetter:
    """Return the only dead letter on the queue, read."""
    [dead_letter] = queues.dead_letters.receive(30, 0)
    return reader.read(dead_letter)


def test_a_dead_letter_is_summed_up_in_codes(queues: Queues, reader: Reader) -> None:
    """The summary has event, cause, time of receipt and time of expiry."""
    queues.put(loan(event="LOAN_RETURNED"), receipt_id="r7", replay={"count": 1, "edited": "an identity"})
    read = only(queues, reader)
    summary = read.summary
    assert (summary.id, summary.action, summary.event, summary.profile) == ("r7", "LOAN", "LOAN_RETURNED", "alma")
    assert (summary.cause.route, summary.replays, summary.is_edited) == ("loans", 1, True)
    assert summary.received_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert summary.expires_at == read.dead_letter.sent_at + timedelta(days=14)
    assert read.envelope is not None
    assert read.envelope.body == loan(event="LOAN_RETURNED")
    assert (read.problem, repr(read)) == ("", "ReadDeadLetter('r7', …)")


def test_an_unparsable_body_is_read_too(queues: Queues, reader: Reader) -> None:
    """It has bytes and a problem, but no event."""
    queues.put(b"\x00\xff poison")
    read = only(queues, reader)
    assert (read.event, read.summary.action, read.envelope and read.envelope.body) == (None, "", b"\x00\xff poison")
    assert read.problem == "The body is not valid UTF-8 at byte 1."


def test_a_foreign_message_is_read_too(queues: Queues, reader: Reader) -> None:
    """It has its message ID and the time when it was queued."""
    message_id = queues.put_message("hello", {"received_at": "yesterday"})
    read = only(queues, reader)
    assert (read.summary.id, read.envelope, read.summary.received_at) == (message_id, None, read.dead_letter.sent_at)
    assert "envelope_version" in read.problem


def test_a_large_body_is_read_from_the_overflow_bucket(queues: Queues, reader: Reader, aws: Aws) -> None:
    """If it has expired there, that is the problem."""
    pointer = OverflowBucket(aws.s3, "overflow").put(loan())
    message = Envelope(loan(), "r1", "2026-11-20T00:00:00.000Z", "alma").encode(pointer)
    queues.put_message(message.body, message.attributes)
    read = only(queues, reader)
    assert read.summary.action == "LOAN"
    aws.s3.delete_object(Bucket="overflow", Key=pointer.key)
    expired = reader.read(read.dead_letter)
    assert (expired.envelope, expired.summary.action) == (None, "")
    assert expired.problem == "the body could not be read from the overflow bucket: AWS returned NoSuchKey"
    assert not expired.is_unread


@pytest.mark.parametrize(("code", "is_unread"), [("SlowDown", True), ("AccessDenied", True), ("NoSuchBucket", False)])
def test_a_body_that_cannot_be_read_now_may_be_readable_later(
    queues: Queues, reader: Reader, aws: Aws, code: str, *, is_unread: bool
) -> None:
    """Otherwise it might be discarded by mistake."""
    message = Envelope(loan(), "r1", "2026-11-20T00:00:00.000Z", "alma").encode(pointer_to(loan(), "overflow"))
    queues.put_message(message.body, message.attributes)
    [dead_letter] = queues.dead_letters.receive(30, 0)
    with Stubber(aws.s3) as stub:
        stub.add_client_error("get_object", code)
        read = reader.read(dead_letter)
    assert (read.envelope, read.is_unread) == (None, is_unread)


@pytest.mark.parametrize(
    "changed", [{"bucket": ""}, {"bucket": "another"}, {"key": "x"}, {"key": ""}, {"bytes": -1}, {"bytes": 1}], ids=str
)
def test_f61_a_pointer_to_another_bucket_is_not_followed(
    queues: Queues, reader: Reader, aws: Aws, changed: dict[str, Any]
) -> None:
    """The message is foreign: its body will never be readable, so it can be discarded."""
    aws.s3.create_bucket(Bucket="another")
    for bucket in ("overflow", "another"):
        OverflowBucket(aws.s3, bucket).put(loan())
        aws.s3.put_object(Bucket=bucket, Key="x", Body=loan())
    pointer = pointer_to(loan(), "overflow")._replace(**changed)
    queues.put_message(pointer.encode(), {"envelope_version": "1", "receipt_id": "r1", "encoding": "s3"})
    read = only(queues, reader)
    assert (read.envelope, read.event, read.is_unread) == (None, None, False)


def test_a_large_body_of_a_later_version_may_be_readable_later(queues: Queues, reader: Reader) -> None:
    """A later version of the code can read it."""
    message = Envelope(loan(), "r1", "2026-11-20T00:00:00.000Z", "alma").encode(pointer_to(loan(), "overflow"))
    queues.put_message(message.body, message.attributes | {"envelope_version": "2"})
    assert only(queues, reader).is_unread


def test_the_dead_letters_are_found_by_the_stacks_outputs(scope: StackContext, queues: Queues) -> None:
    """The outputs give the queue, and the queue its retention period."""
    outputs = {"DeadLetterQueueUrl": queues.dead_letters_url, "OverflowBucketName": "overflow"}
    opened = open_dead_letters(scope._replace(stack=Stack("alma-webhooks-dev", outputs)))
    queues.put(receipt_id="r7")
    [dead_letter] = opened.queue.receive(30, 0)
    read = opened.reader.read(dead_letter)
    assert (read.summary.id, read.summary.expires_at - dead_letter.sent_at) == ("r7", timedelta(days=14))


def test_a_stack_without_outputs_is_an_error(scope: StackContext) -> None:
    """It is of an older version, or another stack."""
    with pytest.raises(ConfigurationError, match="which shows where its dead letters are"):
        open_dead_letters(scope)
