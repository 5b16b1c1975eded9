"""Dead letters of notifications are read with their names, and unreadable ones are a result too."""

import pytest

from ingest.envelope import pointer_to
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.notified import NotificationQueues, notification


def read(store: DeadLetterStore) -> ReadDeadLetter:
    """Return the only dead letter."""
    [dead_letter] = store.queue.receive(30, 0)
    return store.reader.read(dead_letter)


def test_a_dead_letter_has_the_names_of_its_notification(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """The cause comes from the sender; there is no event."""
    notified.put()
    found = read(dead_notifications)
    summary = found.summary
    assert (summary.topic, summary.integration, summary.service) == ("library+jobs", "team", "email")
    assert (summary.cause.category, summary.cause.target) == ("refused", "email:team@library+jobs")
    assert (found.notification, found.event, summary.event) == (notification(), None, "")


@pytest.mark.parametrize("topic", ["Patron Name", "a+b+c", "x" * 101])
def test_what_is_not_a_name_is_not_shown(
    dead_notifications: DeadLetterStore, notified: NotificationQueues, topic: str
) -> None:
    """A forged message can have a text of any kind in place of a name."""
    notified.put(notification(topic=topic, type=["x"]))
    summary = read(dead_notifications).summary
    assert (summary.topic, summary.service) == ("(not a code)", "(not a code)")


def test_what_is_not_a_notification_has_a_problem(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """It can be shown, exported and discarded."""
    notified.queues.put(b"{}")
    assert read(dead_notifications).problem == "The message is not a notification of this product."


def test_a_body_in_the_bucket_is_not_read(dead_notifications: DeadLetterStore, notified: NotificationQueues) -> None:
    """The role of the reader needs no right to the bucket."""
    pointer = pointer_to(b"{}", "overflow").encode()
    notified.queues.put_message(pointer, {"envelope_version": "1", "encoding": "s3", "receipt_id": "r1"})
    found = read(dead_notifications)
    assert (found.problem, found.is_unread) == ("The message's body is in S3, which is not read here.", False)
