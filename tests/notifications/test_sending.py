"""A notification is sent at most once, unless its answer was lost."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from notifications.errors import Paced, Permanent, Throttled, Transient, Unconfirmed
from notifications.incoming import Incoming
from notifications.notification import Notification
from notifications.sender_outcomes import SenderOutcome, SendingResult
from notifications.sending import LONGEST_WAIT_SECONDS, SENDING_SECONDS
from notifications.sending_records import RecordState
from processor.errors import InProgress
from processor.retries import CLOCKS_DIFFER_SECONDS
from tests.notifications.fake_integration import FakeChat, FakeService, FakeSms
from tests.notifications.sender_case import FUNCTION_SECONDS, SenderCase, notification, queued

MAIL, SMS, CHAT = notification(kind="mail"), notification(kind="sms"), notification(kind="chat")
# A worker that has ended: nothing that it would have done afterwards happens.
OVER = FUNCTION_SECONDS + CLOCKS_DIFFER_SECONDS


class Killed(BaseException):
    """Ends a worker in the middle of an attempt; no handler of Exception sees it."""


def case_of(service: FakeService) -> SenderCase:
    """Return a sender that knows the service by each type."""
    return SenderCase(dict.fromkeys(("mail", "sms", "chat"), service))


def send(case: SenderCase, sent: Notification = MAIL, **more: Any) -> SendingResult:
    return case.sending.send(Incoming.read(queued(sent, **more)), lambda: case.seconds_left)


def kill_when(case: SenderCase, operation: Callable[[], bool]) -> None:
    """End the worker before the next operation on the table for which this is true."""

    def before() -> None:
        if operation():
            case.table.set_before(lambda: None)
            raise Killed

    case.table.set_before(before)


def test_a_notification_is_sent_and_recorded() -> None:
    """The service gets text and id, and the record says that it accepted them."""
    service = FakeService()
    case = case_of(service)
    assert send(case) == SendingResult(SenderOutcome.ACCEPTED, "reference-1")
    assert service.accepted == [("room", "event 0", MAIL.message_id)]
    assert case.record(MAIL).state is RecordState.ACCEPTED


def test_f79_a_repeated_notification_is_not_sent_again() -> None:
    """A second message with the same key is a duplicate, for any worker."""
    service = FakeService()
    case = case_of(service)
    send(case)
    assert send(case) == SendingResult(SenderOutcome.DUPLICATE)
    assert len(service.accepted) == 1


def test_f79_a_transient_failure_of_one_integration_does_not_repeat_the_others() -> None:
    """Each integration has its own record, so the retry sends only what is missing."""
    first, second = FakeService(), FakeService(Transient("transient", "the service is down"))
    case = SenderCase(first=first, second=second)
    both = [notification(name, kind=name) for name in ("first", "second")]
    send(case, both[0])
    with pytest.raises(Transient):
        send(case, both[1])
    again = [send(case, each).outcome for each in both]
    assert again == [SenderOutcome.DUPLICATE, SenderOutcome.ACCEPTED]
    assert (len(first.accepted), len(second.accepted)) == (1, 1)


def test_f79_a_replay_that_delivers_again_is_sent_once_more() -> None:
    """A plain replay is a duplicate; --redeliver has a record of its own, and the same id at the service."""
    service = FakeService()
    case = case_of(service)
    outcomes = [
        send(case).outcome,
        send(case, replay={"id": "r1", "count": 1}).outcome,
        send(case, replay={"id": "r2", "count": 2, "redeliver": True}).outcome,
        send(case, replay={"id": "r2", "count": 2, "redeliver": True}).outcome,
    ]
    assert [each.value for each in outcomes] == ["accepted", "duplicate", "accepted", "duplicate"]
    assert [id_ for _, _, id_ in service.accepted] == [MAIL.message_id] * 2


@pytest.mark.parametrize(
    "failure", [Permanent("refused", "no"), Transient("transient", "down"), Throttled("slow down", 7.0)]
)
def test_a_notification_that_was_not_accepted_is_sent_again(failure: Exception) -> None:
    """The record allows it, also for an integration that sends nothing twice."""
    service = FakeSms(failure)
    case = case_of(service)
    with pytest.raises(type(failure)):
        send(case, SMS)
    assert case.record(SMS).state is RecordState.WAITING
    assert send(case, SMS).outcome is SenderOutcome.ACCEPTED


def test_f79_a_lost_answer_is_followed_by_another_attempt_if_the_integration_says_so() -> None:
    """That is the one case in which a notification can come twice; the next attempt need not wait."""
    service = FakeService(Unconfirmed("the answer was lost"), loses=True)
    case = case_of(service)
    with pytest.raises(Unconfirmed, match="the answer was lost"):
        send(case)
    assert send(case).outcome is SenderOutcome.ACCEPTED
    assert len(service.accepted) == 2


def test_f79_a_lost_answer_is_a_dead_letter_if_nothing_may_be_sent_twice() -> None:
    """The cause says so, and neither another message nor a plain replay sends it again; --redeliver does."""
    service = FakeSms(Unconfirmed("the answer was lost."), loses=True)
    case = case_of(service)
    with pytest.raises(Permanent, match="the answer was lost: the service may have accepted it") as failed:
        send(case, SMS)
    assert failed.value.cause_class == "unknown"
    for replay in (None, {"id": "r1", "count": 1}):
        with pytest.raises(Permanent, match="an earlier attempt ended without an answer") as failed:
            send(case, SMS, replay=replay)
        assert failed.value.cause_class == "unknown"
    assert len(service.accepted) == 1
    assert send(case, SMS, replay={"id": "r1", "count": 1, "redeliver": True}).outcome is SenderOutcome.ACCEPTED


@pytest.mark.parametrize(("service", "chosen"), [(FakeSms, True), (FakeService, False)])
def test_the_topic_decides_about_lost_answers_before_the_integration(
    service: type[FakeService], *, chosen: bool
) -> None:
    """`retry_unconfirmed` of the configuration replaces the default."""
    case = case_of(service(Unconfirmed("lost"), loses=True))
    sent = notification(kind="mail", retry_unconfirmed=chosen)
    with pytest.raises(Unconfirmed if chosen else Permanent, match="lost"):
        send(case, sent)


def test_f79_an_unexpected_exception_counts_as_a_lost_answer() -> None:
    """It says nothing about whether the request was written; its text is left out."""
    service = FakeSms(KeyError("patron-4711"), loses=True)
    case = case_of(service)
    with pytest.raises(Permanent, match=r"^unknown: KeyError at fake_integration.py:\d+: the service may") as failed:
        send(case, SMS)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    with pytest.raises(Permanent, match="ended without an answer"):
        send(case, SMS)
    assert len(service.accepted) == 1


# Kill tests: a worker ends at each step, and another one gets the message after its time.


def test_f79_killed_before_sending_a_notification_is_sent_by_the_next_worker() -> None:
    """Before the record nothing was sent, so every integration sends."""
    service = FakeSms()
    case = case_of(service)
    kill_when(case, lambda: True)
    with pytest.raises(Killed):
        send(case, SMS)
    assert send(case, SMS).outcome is SenderOutcome.ACCEPTED
    assert len(service.accepted) == 1


@pytest.mark.parametrize("loses", [True, False], ids=["after sending", "before sending"])
def test_f79_killed_between_the_records_an_sms_is_not_sent_again(*, loses: bool) -> None:
    """Until the worker's time is over, it may be in progress; after that, nobody knows whether it was accepted."""
    service = FakeSms(Killed, loses=loses)
    case = case_of(service)
    with pytest.raises(Killed):
        send(case, SMS)
    case.now += OVER - 0.001
    with pytest.raises(InProgress):
        send(case, SMS)
    case.now += 0.001
    with pytest.raises(Permanent, match="an earlier attempt ended without an answer") as failed:
        send(case, SMS)
    assert (failed.value.cause_class, len(service.accepted)) == ("unknown", int(loses))


def test_f79_killed_between_the_records_a_mail_is_sent_again() -> None:
    """Its integration prefers two to none."""
    service = FakeService(Killed, loses=True)
    case = case_of(service)
    with pytest.raises(Killed):
        send(case)
    with pytest.raises(InProgress):
        send(case)
    case.now += OVER
    assert send(case).outcome is SenderOutcome.ACCEPTED
    assert len(service.accepted) == 2


def test_f79_killed_after_the_record_a_notification_is_a_duplicate() -> None:
    """The worker ended before it acknowledged the message."""
    service = FakeSms()
    case = case_of(service)
    send(case, SMS)
    case.now += OVER
    assert send(case, SMS).outcome is SenderOutcome.DUPLICATE
    assert len(service.accepted) == 1


def test_f79_two_workers_send_a_notification_once() -> None:
    """The second one comes while the first one waits for the answer."""
    service = FakeService()
    case = case_of(service)
    service.during = lambda: interrupted(case, service)
    assert send(case).outcome is SenderOutcome.ACCEPTED
    assert len(service.accepted) == 1


def interrupted(case: SenderCase, service: FakeService) -> None:
    service.during = lambda: None
    with pytest.raises(InProgress):
        send(case)


def test_f79_two_workers_that_saw_no_record_send_once() -> None:
    """The one that writes its record second sends nothing."""
    service = FakeService()
    case = case_of(service)
    operations = iter(["find", "start"])

    def before() -> None:
        if next(operations, "") == "start":
            case.table.set_before(lambda: None)
            assert send(case).outcome is SenderOutcome.ACCEPTED

    case.table.set_before(before)
    with pytest.raises(InProgress):
        send(case)
    assert len(service.accepted) == 1


def test_a_record_that_cannot_be_written_before_sending_prevents_it() -> None:
    """Without a record nothing is sent."""
    service = FakeService()
    case = case_of(service)
    case.table.failing = {"put"}
    with pytest.raises(Transient):
        send(case)
    assert service.accepted == []


def test_an_accepted_notification_without_a_record_is_acknowledged() -> None:
    """The message must not come back, because it would be sent again; the result says what is missing."""
    service = FakeService()
    case = case_of(service)
    service.during = lambda: case.table.failing.add("put")
    result = send(case)
    assert (result.outcome, result.is_recorded) == (SenderOutcome.ACCEPTED, False)
    assert result.members == {"outcome": "accepted", "reference": "reference-1", "unrecorded": True}


def test_a_failed_notification_without_a_record_is_unknown_later() -> None:
    """The record says started, so an SMS is not sent again."""
    service = FakeSms(Transient("transient", "down"))
    case = case_of(service)
    service.during = lambda: case.table.failing.add("put")
    with pytest.raises(Transient, match="down"):
        send(case, SMS)
    case.table.failing.clear()
    case.now += OVER
    with pytest.raises(Permanent, match="ended without an answer"):
        send(case, SMS)


def test_without_time_nothing_is_started() -> None:
    """Nothing is recorded or sent, and no slot is reserved."""
    service = FakeChat()
    case = case_of(service)
    case.seconds_left = SENDING_SECONDS - 0.001
    with pytest.raises(Transient, match="too little time left"):
        send(case, MAIL)
    case.seconds_left = SENDING_SECONDS + 2
    assert send(case, MAIL).outcome is SenderOutcome.ACCEPTED


def test_time_that_the_record_took_prevents_sending() -> None:
    """The notification can be sent by the next attempt at once."""
    service = FakeSms()
    case = case_of(service)
    answers = iter([30.0, 30.0, SENDING_SECONDS - 0.001])
    with pytest.raises(Transient, match="too little time left"):
        case.sending.send(Incoming.read(queued(SMS)), lambda: next(answers))
    assert send(case, SMS).outcome is SenderOutcome.ACCEPTED


def test_notifications_to_a_destination_wait_for_their_slots() -> None:
    """A short wait is made in the function; a longer one on the queue, until shortly before the slot."""
    service = FakeService()
    service.seconds_between = 4.0  # type: ignore[misc]  # of this service only
    case = case_of(service)
    several = [notification(kind="mail", number=number) for number in range(3)]
    times = []
    service.during = lambda: times.append(case.now)
    send(case, several[0])
    send(case, several[1])
    assert times[1] - times[0] == pytest.approx(4.0)
    case.now = times[0]
    with pytest.raises(Paced) as paced:
        send(case, several[2])
    assert paced.value.retry_after == pytest.approx(8.0 - 2.0)
    assert case.record(several[2]).state is RecordState.WAITING
    case.now = times[0] + 6.0
    assert send(case, several[2]).outcome is SenderOutcome.ACCEPTED
    assert times[2] - times[0] == pytest.approx(8.0)
    assert max(case.slept) <= LONGEST_WAIT_SECONDS


def test_a_notification_that_missed_its_slot_takes_a_new_one() -> None:
    """Otherwise it would be sent together with another one."""
    service = FakeService()
    service.seconds_between = 10.0  # type: ignore[misc]  # as above
    case = case_of(service)
    times = []
    service.during = lambda: times.append(case.now)
    send(case)
    late = notification(kind="mail", number=1)
    with pytest.raises(Paced):
        send(case, late)
    case.now = times[0] + 25.0
    send(case, notification(kind="mail", number=2))
    with pytest.raises(Paced):
        send(case, late)


def test_a_slot_that_passes_while_the_record_is_written_is_not_used() -> None:
    """The next one may be another worker's, so the notification comes back for a new slot."""
    service = FakeChat()
    case = case_of(service)
    operations = itertools.count()

    def before() -> None:
        if next(operations) == 4:  # find, admit, two for the slot; then the record
            case.now += 0.3

    case.table.set_before(before)
    with pytest.raises(Paced, match="has passed"):
        send(case, CHAT)
    assert service.accepted == []
    assert case.record(CHAT).state is RecordState.WAITING
    assert not any("paused_until" in item for item in case.table.items.values())
    assert send(case, CHAT).outcome is SenderOutcome.ACCEPTED


def test_a_service_that_throttles_pauses_its_destination() -> None:
    """Other notifications to it are held as long as it said, those to other destinations are not."""
    service = FakeChat(Throttled("slow down", 30.0))
    case = case_of(service)
    with pytest.raises(Throttled, match="slow down"):
        send(case, CHAT)
    with pytest.raises(Paced) as paced:
        send(case, notification(number=1))
    assert paced.value.retry_after == pytest.approx(30.0 - 2.0)
    assert send(case, notification(number=2, room="other")).outcome is SenderOutcome.ACCEPTED


def test_a_pause_holds_those_that_have_a_slot_already() -> None:
    """They would be throttled too, and an app that goes on is switched off."""
    service = FakeChat()
    case = case_of(service)
    several = [notification(number=number, retry_unconfirmed=True) for number in range(2)]
    for _ in range(10):
        case.sending.pacing.reserve("chat:room", 1.0)
    with pytest.raises(Paced):
        send(case, several[0])
    service.first = [Throttled("slow down", 30.0)]
    case.sending.pacing.pause("chat:room", 30.0)
    case.now += 8
    with pytest.raises(Paced) as paced:
        send(case, several[0])
    assert paced.value.retry_after == pytest.approx(20.0)
    assert service.accepted == []


def test_a_wait_leaves_enough_time_for_sending() -> None:
    """With less time left, the notification waits on the queue for the same slot."""
    service = FakeChat()
    case = case_of(service)
    for _ in range(3):
        case.sending.pacing.reserve("chat:room", 1.0)
    case.seconds_left = SENDING_SECONDS + 3
    with pytest.raises(Paced):
        send(case, CHAT)
    case.seconds_left = SENDING_SECONDS + 5
    assert send(case, CHAT).outcome is SenderOutcome.ACCEPTED


def test_a_notification_without_its_secret_takes_neither_record_nor_slot() -> None:
    """Others can be sent in the meantime."""
    case = case_of(FakeChat())
    case.secrets.missing = {"slack-team"}
    with pytest.raises(Permanent, match="does not exist"):
        send(case, notification(token={"ssm": "slack-team"}))
    assert case.table.items == {}


def test_a_refused_secret_is_read_again() -> None:
    """Only a refused notification can mean that the secret was replaced."""
    sent = notification(kind="mail", token={"ssm": "slack-team"})
    service = FakeService(Permanent("refused", "401"), Transient("transient", "down"))
    case = case_of(service)
    for failure in (Permanent, Transient):
        with pytest.raises(failure):
            send(case, sent)
    send(case, sent)
    assert case.secrets.forgotten == ["slack-team"]
    assert service.secrets == ["value of slack-team"] * 3


@pytest.mark.parametrize(
    ("credentials", "field", "reason"),
    [
        ({"type": "pigeon"}, "type", "no integration of this type"),
        ({"type": ["mail"]}, "type", "no integration of this type"),
        ({}, "type", "no integration of this type"),
        ({"type": "mail"}, "room", r"not valid \(missing\)"),
        ({"type": "mail", "room": 7}, "room", r"not valid \(string_type\)"),
        ({"type": "mail", "room": "r", "token": {"ssm": "patron-4711/"}}, "token.ssm", "not valid"),
        ({"type": "mail", "room": "r", "extra": "patron-4711"}, "extra", r"not valid \(extra_forbidden\)"),
    ],
)
def test_a_notification_without_a_valid_configuration_is_a_dead_letter(
    credentials: dict[str, Any], field: str, reason: str
) -> None:
    """The cause names the member, and quotes no value."""
    case = case_of(FakeService())
    with pytest.raises(Permanent, match=reason) as failed:
        send(case, MAIL._replace(credentials=credentials))
    assert (failed.value.cause_class, failed.value.field) == ("no-target", field)
    assert "patron" not in str(failed.value)
    assert case.table.items == {}
