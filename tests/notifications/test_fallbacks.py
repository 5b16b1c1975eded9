"""A person without a contact: the fallback of the topic is sent once, also after a crash."""

from typing import Any

import pytest

from ingest.envelope import QueuedMessage
from notifications.contacts import Contact
from notifications.errors import Permanent, Transient
from notifications.notification import Fallback, Notification
from notifications.person import Person
from notifications.sender_outcomes import SenderOutcome
from notifications.sending_records import RecordState
from processor.errors import InProgress
from tests.canary import sung
from tests.notifications.fake_integration import FakeChat, FakeService, FakeSms
from tests.notifications.sender_case import SenderCase, notification, queued, record_of_message

PERSON = "patron-4711"
DESK = Fallback("desk", {"type": "mail", "room": "desk"}, "Nobody was reached about the job")
TO_PERSON = notification(kind="sms", room={"user": PERSON})._replace(fallback=DESK)
SENT = Notification(*DESK, TO_PERSON.identity, TO_PERSON.topic)


class Killed(BaseException):
    """Ends a worker in the middle of an attempt; no handler of Exception sees it."""


def case_of(*first: Any, **contacts: str) -> SenderCase:
    """Return a sender that fails so at first, and knows these contacts."""
    case = SenderCase(sms=FakeSms(*first), mail=FakeService(), chat=FakeChat())
    case.known.contacts |= contacts
    return case


def delivered(case: SenderCase, message: QueuedMessage) -> SenderOutcome:
    """Process a message that the sender has queued."""
    return case.process(record_of_message(message))


def texts(case: SenderCase, kind: str) -> list[str]:
    service: Any = case.sending.integrations[kind]
    return list(service.texts)


def test_a_person_with_a_contact_gets_the_notification() -> None:
    """The service gets the contact, and the fallback is not queued."""
    case = case_of(**{PERSON: "+4930123456"})
    assert case.process(queued(TO_PERSON)) is SenderOutcome.ACCEPTED
    service: Any = case.sending.integrations["sms"]
    assert service.accepted == [("+4930123456", "event 0", TO_PERSON.message_id)]
    assert case.queue.sent == []


def test_a_person_without_a_contact_is_replaced_by_the_fallback() -> None:
    """The fallback is a notification of its own, of the same event, which has no fallback itself."""
    case = case_of()
    assert case.process(queued(TO_PERSON)) is SenderOutcome.FALLBACK
    [(message, seconds)] = case.queue.sent
    record = record_of_message(message)
    assert (Notification.decode(message.utf8), seconds) == (SENT, 0)
    assert record["messageAttributes"]["receipt_id"]["stringValue"] == "receipt-000"
    assert delivered(case, message) is SenderOutcome.ACCEPTED
    assert (texts(case, "sms"), texts(case, "mail")) == ([], [DESK.message])
    assert case.dead_letters.kept == []
    assert case.record(TO_PERSON).state is RecordState.FELL_BACK


def test_the_log_line_of_a_fallback_has_the_cause_without_the_person() -> None:
    """It names topic, integration and the kind of contact."""
    case = case_of()
    case.process(queued(TO_PERSON))
    line = case.line
    assert (line["message"], line["outcome"], line["integration"]) == ("outcome", "fallback", "team")
    assert line["failure"] == {
        "class": "no-contact",
        "reason": "there is no phone number for the person: the list has none",
    }


def test_a_repeated_notification_queues_no_second_fallback() -> None:
    """A duplicate stays one, also when the person has a contact by then."""
    case = case_of()
    case.process(queued(TO_PERSON))
    case.known.contacts[PERSON] = "+4930123456"
    case.now += 3600
    assert case.process(queued(TO_PERSON)) is SenderOutcome.DUPLICATE
    assert (len(case.queue.sent), texts(case, "sms")) == (1, [])


@pytest.mark.parametrize("failing", ["put", "killed"])
def test_f79_a_crash_after_the_fallback_was_queued_sends_it_once(failing: str) -> None:
    """The next attempt queues the same fallback again, and its own record makes it a duplicate."""
    case = case_of()
    end_before_the_record_is_written(case, failing)
    with pytest.raises((Transient, Killed)):
        case.process(queued(TO_PERSON))
    case.table.failing.clear()
    assert case.process(queued(TO_PERSON, receives=2)) is SenderOutcome.FALLBACK
    first, second = (message for message, _ in case.queue.sent)
    assert [delivered(case, each) for each in (second, first)] == [SenderOutcome.ACCEPTED, SenderOutcome.DUPLICATE]
    assert texts(case, "mail") == [DESK.message]


def end_before_the_record_is_written(case: SenderCase, failing: str) -> None:
    def before() -> None:
        if case.queue.sent:
            case.table.set_before(lambda: None)
            if failing == "killed":
                raise Killed
            case.table.failing.add("put")

    case.table.set_before(before)


def test_a_crash_before_the_fallback_was_queued_loses_nothing() -> None:
    """Without it the notification is not complete."""
    case = case_of()
    case.queue.refuses = True
    with pytest.raises(Transient):
        case.process(queued(TO_PERSON))
    case.queue.refuses = False
    assert case.process(queued(TO_PERSON, receives=2)) is SenderOutcome.FALLBACK
    assert len(case.queue.sent) == 1


def test_two_workers_send_one_fallback() -> None:
    """The one that comes second queues the same fallback, or finds the record."""
    case = case_of()
    second: list[SenderOutcome] = []

    def interrupt() -> None:
        if case.queue.sent and not second:
            second.append(SenderOutcome.RETRY)
            second[0] = case.process(queued(TO_PERSON))

    case.table.set_before(interrupt)
    with pytest.raises(InProgress):
        case.process(queued(TO_PERSON))
    assert second == [SenderOutcome.FALLBACK]
    assert case.process(queued(TO_PERSON)) is SenderOutcome.DUPLICATE
    outcomes = [delivered(case, message) for message, _ in case.queue.sent]
    assert sorted(outcome.value for outcome in outcomes) == ["accepted", "duplicate"]


def test_a_worker_that_looked_up_longer_queues_no_second_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one has completed the notification meanwhile."""
    case = case_of()
    find = case.known.find

    def slow(person: Person) -> Contact:
        monkeypatch.setattr(case.known, "find", find)
        assert case.process(queued(TO_PERSON)) is SenderOutcome.FALLBACK
        return find(person)

    monkeypatch.setattr(case.known, "find", slow)
    assert case.process(queued(TO_PERSON)) is SenderOutcome.DUPLICATE
    assert len(case.queue.sent) == 1


def test_two_integrations_of_a_topic_share_a_fallback() -> None:
    """SMS and e-mail to a person without both: the desk learns it once."""
    case = case_of()
    other = notification("mail", "chat", room={"user": PERSON})._replace(fallback=DESK)
    assert [case.process(queued(each)) for each in (TO_PERSON, other)] == [SenderOutcome.FALLBACK] * 2
    assert [delivered(case, message) for message, _ in case.queue.sent] == [
        SenderOutcome.ACCEPTED,
        SenderOutcome.DUPLICATE,
    ]


def test_without_a_fallback_it_is_a_dead_letter() -> None:
    """Its cause says that there is no contact, and names nobody."""
    case = case_of()
    assert case.process(queued(TO_PERSON._replace(fallback=None))) is SenderOutcome.DEAD
    [(_, failure, attempts)] = case.dead_letters.kept
    assert (failure["class"], attempts) == ("no-contact", 1)
    assert not sung(str(failure))


def test_who_wants_no_text_messages_is_replaced_by_the_fallback() -> None:
    """So is a number that the topic names itself."""
    for sent, contacts in ((TO_PERSON, {PERSON: "+4930123456"}), (notification(kind="sms", room="+4930123456"), {})):
        case = case_of(Permanent("opted-out", "the recipient wants no text messages"), **contacts)
        assert case.process(queued(sent._replace(fallback=DESK))) is SenderOutcome.FALLBACK
        assert case.line["failure"]["class"] == "opted-out"
        assert delivered(case, case.queue.sent[0][0]) is SenderOutcome.ACCEPTED


@pytest.mark.parametrize("cause_class", ["refused", "no-target", "unknown"])
def test_another_failure_does_not_fall_back(cause_class: Any) -> None:
    """It is for a person to repair, and a replay sends it to whom it was meant for."""
    case = case_of(Permanent(cause_class, "no"), **{PERSON: "+4930123456"})
    assert case.process(queued(TO_PERSON)) is SenderOutcome.DEAD
    assert case.queue.sent == []


def test_a_failing_look_up_does_not_fall_back() -> None:
    """The message comes back."""
    case = case_of()
    case.known.contacts[PERSON] = Transient("transient", "Alma is down")
    with pytest.raises(Transient, match="Alma is down"):
        case.process(queued(TO_PERSON))
    assert (case.queue.sent, case.line["outcome"]) == ([], "retry")


def test_a_replay_that_delivers_again_repeats_the_fallback_too() -> None:
    """Other replays are duplicates."""
    case = case_of()
    replays: list[Any] = [None, {"id": "r1"}, {"id": "r2", "redeliver": True}]
    outcomes = [case.process(queued(TO_PERSON, replay=replay)) for replay in replays]
    assert outcomes == [SenderOutcome.FALLBACK, SenderOutcome.DUPLICATE, SenderOutcome.FALLBACK]
    assert [delivered(case, message) for message, _ in case.queue.sent] == [SenderOutcome.ACCEPTED] * 2


def test_a_lost_answer_is_not_followed_by_a_fallback() -> None:
    """The person may have got the text message, and a look-up later does not change that."""
    case = case_of()
    seen = case.record(TO_PERSON)
    case.records.write(seen, RecordState.STARTED, until=case.now - 1)
    assert case.process(queued(TO_PERSON)) is SenderOutcome.DEAD
    assert (case.line["failure"]["class"], case.queue.sent, case.known.asked) == ("unknown", [], [])


def test_a_summary_to_a_person_without_a_contact_is_a_dead_letter_with_its_count() -> None:
    """The text of one event would not stand for the others."""
    case = case_of(**{PERSON: "+4930123456"})
    chats = [
        notification(kind="chat", number=number, room={"user": PERSON})._replace(fallback=DESK) for number in range(6)
    ]
    for each in chats:
        case.process(queued(each))
    [(carrier, _)] = case.queue.sent
    assert Notification.decode(carrier.utf8).fallback is None
    case.known.contacts.clear()
    case.now += 3600
    assert delivered(case, carrier) is SenderOutcome.DEAD
    assert "(the summary of 3 more notifications)" in case.dead_letters.kept[0][1]["reason"]


def test_no_log_line_names_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither id nor contact: accepted, refused, throttled, without a contact, with and without a fallback."""
    number = "+49304711"
    failures = [None, Permanent("refused", "no"), Transient("transient", "down"), Permanent("opted-out", "no")]
    case = case_of(*failures, **{PERSON: number})
    for count in range(len(failures)):
        sent = TO_PERSON._replace(identity=f"{count:064d}")
        try:
            case.process(queued(sent))
        except Transient:
            continue
    case.known.contacts[PERSON] = "(0) 471-4711"
    case.now += 3600
    for fallback in (DESK, None):
        case.process(queued(TO_PERSON._replace(identity="f" * 64, name=f"f{bool(fallback)}", fallback=fallback)))
    written = f"{case.lines} {case.dead_letters.kept and [each[1] for each in case.dead_letters.kept]}"
    assert len(case.lines) == 6
    assert not sung(written + capsys.readouterr().out, {number, "471-4711"})
