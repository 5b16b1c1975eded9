"""What a replay of a notification would do, by its configuration, its record and the secrets that exist."""

import time

import pytest
from botocore.stub import Stubber

from scripts.dead_letters.notification_explain import ExplainedNotification, Forecast, NotificationExplainer
from scripts.dead_letters.reports.notification import lines
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.notified import MAIL, SLACK, SMS, NotificationQueues, notification


def explained(store: DeadLetterStore) -> ExplainedNotification:
    """Explain the only dead letter."""
    [dead_letter] = store.queue.receive(30, 0)
    return NotificationExplainer(store).explain(store.reader.read(dead_letter))


def test_a_notification_that_was_never_accepted_would_be_sent(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """Its record allows another attempt."""
    notified.put()
    notified.record(notification(), "waiting")
    assert explained(dead_notifications).forecast is Forecast.send


@pytest.mark.parametrize("state", ["accepted", "summarized"])
def test_f79_an_accepted_notification_is_a_duplicate(
    dead_notifications: DeadLetterStore, notified: NotificationQueues, state: str
) -> None:
    """A replay would send nothing, even if a secret of it is missing."""
    notified.put(notification(**SLACK))
    notified.record(notification(**SLACK), state)
    assert explained(dead_notifications).forecast is Forecast.duplicate


def test_f79_after_a_lost_answer_a_text_message_needs_redeliver(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """A plain replay would fail again, because the service may have accepted it."""
    notified.put(notification(**SMS))
    notified.record(notification(**SMS), "started", until=1.0)
    found = explained(dead_notifications)
    assert found.failure is not None
    assert (found.forecast, found.needs_redeliver, found.failure.cause_class) == (Forecast.fail, True, "unknown")


def test_after_a_lost_answer_an_e_mail_would_be_sent_again(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """Its integration repeats such a notification, unless the topic says otherwise."""
    notified.put()
    notified.record(notification(), "started", until=1.0)
    assert explained(dead_notifications).forecast is Forecast.send_again


def test_an_attempt_in_progress_is_not_known(dead_notifications: DeadLetterStore, notified: NotificationQueues) -> None:
    """It may be accepted at any moment."""
    notified.put()
    notified.record(notification(), "started", until=time.time() + 600)
    found = explained(dead_notifications)
    assert (found.forecast, found.fix) == (Forecast.not_known, "try again in a minute")


def test_a_continued_redelivery_has_the_record_of_that_replay(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """A plain replay after one with --redeliver sends nothing that was accepted by that one."""
    notified.put(replay={"id": "first", "count": 1, "redeliver": True})
    notified.record(notification(), "waiting")
    notified.record(notification(), "accepted", replay_id="first")
    assert explained(dead_notifications).forecast is Forecast.duplicate


def test_a_missing_secret_is_a_failure(dead_notifications: DeadLetterStore, notified: NotificationQueues) -> None:
    """Only its name is looked up."""
    name = "/alma-webhooks/dev/notifications/slack-team"
    notified.put(notification(**SLACK))
    found = explained(dead_notifications)
    assert found.failure is not None
    assert (found.failure.reason, found.missing_secret) == (f"the parameter {name} does not exist", "slack-team")
    notified.queues.aws.ssm.put_parameter(Name=name, Value="x", Type="SecureString")
    notified.put(notification(2, **SLACK), receipt_id="r2")
    assert explained(dead_notifications).forecast is Forecast.send


def test_a_person_is_looked_up_when_it_is_sent(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """So it depends on the contact then."""
    notified.put(notification(type="sms", to={"user": "invented"}))
    found = explained(dead_notifications)
    assert (found.forecast, found.needs_contact) == (Forecast.send, True)
    [line, *_] = lines([found], "--stage dev")
    assert line.endswith("would be sent, if the person has a contact then")


def test_a_configuration_that_is_not_valid_is_a_failure(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """The sender would refuse it before it looks at the record."""
    notified.put(notification(**MAIL | {"to": ["nobody"]}))
    found = explained(dead_notifications)
    assert found.failure is not None
    assert (found.failure.cause_class, found.failure.field) == ("no-target", "to.0")


def test_a_message_that_is_not_a_notification_is_a_failure(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """Its cause is that of the envelope."""
    notified.queues.put_message("anything", {})
    found = explained(dead_notifications)
    assert found.failure is not None
    assert found.failure.cause_class == "envelope"


def test_a_record_that_may_not_be_read_is_not_known(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """The result names the missing permission."""
    notified.put()
    with Stubber(notified.queues.aws.dynamodb) as stub:
        stub.add_client_error("get_item", "AccessDeniedException")
        found = explained(dead_notifications)
    assert found.doubt == "AWS denied access: the permission dynamodb:GetItem is missing"
    assert found.forecast is Forecast.not_known
