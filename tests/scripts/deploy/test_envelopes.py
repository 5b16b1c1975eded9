"""A rollback is rejected while messages wait that the older code cannot read. The queues are moto's."""

from typing import Any

import pytest

from ingest.envelope import VERSION
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.envelopes import check_readable
from scripts.deploy.records import DeploymentRecord
from tests.scripts.dead_letters.queues import Queues

NEWER = str(int(VERSION) + 1)


def record(envelope_version: str) -> DeploymentRecord:
    return DeploymentRecord("stack", "2026-05-13T02:41:11.000Z", "1.0.0", "mine", envelope_version, ())


OLDER, NEWEST = record(VERSION), record(NEWER)


def check(aws: Aws, queues: Queues, newest: DeploymentRecord = NEWEST) -> None:
    outputs = {"QueueUrl": queues.webhooks_url, "DeadLetterQueueUrl": queues.dead_letters_url}
    check_readable(aws, outputs, OLDER, [newest, OLDER])


def test_empty_queues_and_old_dead_letters_are_readable(aws: Aws, queues: Queues) -> None:
    """A dead letter of the older envelope, and a message that is no envelope, are read as before."""
    check(aws, queues)
    queues.put()
    queues.put_message("{}", {"other": "1"})
    check(aws, queues)
    assert queues.dead_letters.depth().visible == 2, "they are visible again"


def test_events_on_the_webhook_queue_are_counted_and_not_received(aws: Aws, queues: Queues) -> None:
    """Each receive would count towards the last one, after which SQS moves an event to the dead-letter queue."""
    aws.sqs.send_message(QueueUrl=queues.webhooks_url, MessageBody="{}")
    with pytest.raises(RejectedError, match=r"the webhook queue holds about 1 event, and the code of version 1.0.0"):
        check(aws, queues)
    answer: Any = aws.sqs.receive_message(
        QueueUrl=queues.webhooks_url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    assert answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_dead_letter_with_a_newer_envelope_rejects(aws: Aws, queues: Queues) -> None:
    """The sentence says what to do, and the dead letters are visible again."""
    queues.put()
    queues.put_message("{}", {"envelope_version": NEWER})
    with pytest.raises(RejectedError, match=r"1 dead letter with a newer envelope.* Replay, export or discard"):
        check(aws, queues)
    assert queues.dead_letters.depth().visible == 2


def test_dead_letters_that_another_reader_holds_reject(aws: Aws, queues: Queues) -> None:
    """Nobody knows what they are."""
    queues.put()
    queues.dead_letters.receive(30, 0)
    with pytest.raises(RejectedError, match="somebody else is reading"):
        check(aws, queues)


def test_nothing_is_looked_at_if_no_newer_envelope_was_ever_written(aws: Aws, queues: Queues) -> None:
    """Between deployments with the same envelope, waiting events do not matter."""
    aws.sqs.send_message(QueueUrl=queues.webhooks_url, MessageBody="{}")
    check(aws, queues, OLDER)
