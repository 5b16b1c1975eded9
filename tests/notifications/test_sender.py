"""The sender turns each failure into a decision: retry, another message, or a dead letter with its cause."""

import json
from typing import Any

import pytest

from notifications.errors import Paced, Permanent, Throttled, Transient, Unconfirmed
from notifications.sender import MOST_HIDDEN_SECONDS
from notifications.sender_outcomes import SenderOutcome
from processor.errors import Failure, InProgress
from tests.notifications.fake_integration import FakeChat, FakeService, FakeSms
from tests.notifications.sender_case import MOST_AGE_SECONDS, SenderCase, notification, queued

MAIL = notification(kind="mail")
LAST = 8
TEXT = "patron-4711"


def case_of(*failures: Exception, **more: Any) -> SenderCase:
    return SenderCase(mail=FakeService(*failures), sms=FakeSms(*failures, **more), chat=FakeChat(*failures))


def test_an_accepted_notification_is_one_log_line() -> None:
    """The line has names, the id by which the service knows it, and neither text nor destination."""
    case = case_of()
    sent = notification(kind="mail", room=TEXT)._replace(message=TEXT)
    assert case.process(queued(sent, receives=2)) is SenderOutcome.ACCEPTED
    line = {name: case.line[name] for name in case.line if name not in {"level", "location", "timestamp", "service"}}
    assert line == {
        "message": "outcome",
        "receipt_id": "receipt-000",
        "receives": 2,
        "topic": "library+jobs",
        "integration": "team",
        "type": "mail",
        "outcome": "accepted",
        "reference": "reference-1",
        "duration_ms": 250.0,
    }


def test_facts_of_an_acceptance_are_in_its_log_line() -> None:
    """The number of parts of a text message says what it costs; a service without facts adds none."""
    case = case_of()
    for kind in ("sms", "mail"):
        case.process(queued(notification(kind=kind)))
    assert [line.get("parts") for line in case.lines] == [2, None]


def test_a_duplicate_is_acknowledged() -> None:
    """It is logged as such, without a reference."""
    case = case_of()
    case.process(queued(MAIL))
    assert case.process(queued(MAIL)) is SenderOutcome.DUPLICATE
    assert case.line["outcome"] == "duplicate"
    assert "reference" not in case.line


def test_a_permanent_failure_is_a_dead_letter_at_once() -> None:
    """Its cause has the integration and topic as its target, and no route."""
    case = case_of(Permanent("refused", "Slack returned channel_is_archived"))
    record = queued(MAIL)
    assert case.process(record) is SenderOutcome.DEAD
    failure = {
        "class": "refused",
        "reason": "Slack returned channel_is_archived",
        "target": "mail:team@library+jobs",
    }
    assert case.dead_letters.kept == [(record["body"], failure, 1)]
    assert (case.line["outcome"], case.line["failure"]) == ("dead", failure)
    assert case.queue.postponed == []


def test_a_transient_failure_comes_back_later_each_time() -> None:
    """The message is hidden as long as the retry policy says, and the function raises."""
    case = case_of(*[Transient("transient", "the service is down")] * 2)
    for receives in (1, 2):
        with pytest.raises(Transient, match="the service is down"):
            case.process(queued(MAIL, receives=receives))
    assert case.queue.postponed == [180, 360]
    assert [(line["message"], line["outcome"], line["seconds_away"]) for line in case.lines] == [
        ("retry", "retry", 180),
        ("retry", "retry", 360),
    ]
    assert case.dead_letters.kept == []


def test_a_message_that_cannot_be_hidden_says_so() -> None:
    """It comes back after the visibility timeout of the queue."""
    case = case_of(Transient("transient", "down"))
    case.queue.refuses = True
    with pytest.raises(Transient):
        case.process(queued(MAIL))
    assert case.line["seconds_away"] == "unchanged"


@pytest.mark.parametrize("failure", [Transient("transient", "down"), Unconfirmed("the answer was lost")])
def test_the_last_receive_of_a_transient_failure_is_a_dead_letter(failure: Transient) -> None:
    """The cause is that of the last attempt."""
    case = case_of(failure)
    assert case.process(queued(MAIL, receives=LAST)) is SenderOutcome.DEAD
    [(_, members, attempts)] = case.dead_letters.kept
    assert (members["class"], members["reason"], attempts) == (failure.cause_class, failure.reason, LAST)


def test_a_lost_answer_that_must_not_be_repeated_is_a_dead_letter_of_the_class_unknown() -> None:
    """At once, with a reason of its own."""
    case = case_of(Unconfirmed("the answer was lost"), loses=True)
    assert case.process(queued(notification(kind="sms"))) is SenderOutcome.DEAD
    [(_, members, _)] = case.dead_letters.kept
    assert members["class"] == "unknown"
    assert members["reason"].startswith("the answer was lost: the service may have accepted it")


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(0.2, 1), (1.0, 1), (30.2, 31), (7 * 86_400.0, MOST_HIDDEN_SECONDS - 180), (None, 180)],
)
def test_a_throttled_message_comes_back_when_the_service_said(retry_after: float | None, seconds: int) -> None:
    """At least a second later; at most as long as SQS can hide a message that Lambda has held for a while."""
    case = case_of(Throttled("slow down", retry_after))
    with pytest.raises(Throttled):
        case.process(queued(MAIL))
    assert case.queue.postponed == [seconds]
    assert case.line["throttled"] is True


@pytest.mark.parametrize(("retry_after", "seconds"), [(5.0, 900), (None, 900)])
def test_throttling_never_uses_up_the_last_receive(retry_after: float | None, seconds: int) -> None:
    """The message is sent again as a new one, after a longer pause, and the old one is acknowledged."""
    case = case_of(Throttled("slow down", retry_after))
    record = queued(MAIL, receives=LAST, replay={"id": "r1", "count": 1})
    assert case.process(record) is SenderOutcome.RETRY
    assert case.queue.again == [(record, seconds)]
    assert (case.line["message"], case.line["sent_again"], case.line["seconds_away"]) == ("retry", True, seconds)
    assert (case.dead_letters.kept, case.queue.postponed) == ([], [])
    assert case.process(queued(MAIL, replay={"id": "r1", "count": 1})) is SenderOutcome.ACCEPTED


def test_the_new_message_of_an_accepted_one_is_a_duplicate() -> None:
    """If the worker dies between sending it again and acknowledging it, there are two messages, and one is sent."""
    service = FakeService(Throttled("slow down", 5.0))
    case = SenderCase(mail=service)
    case.process(queued(MAIL, receives=LAST))
    outcomes = [case.process(record) for record, _ in case.queue.again * 2]
    assert outcomes == [SenderOutcome.ACCEPTED, SenderOutcome.DUPLICATE]
    assert len(service.accepted) == 1


@pytest.mark.parametrize("failure", [Transient("transient", "the queue is busy"), Permanent("refused", "no right")])
def test_a_message_that_cannot_be_sent_again_comes_back(failure: Failure) -> None:
    """The old one stays on its queue; SQS itself makes a dead letter of it if that happens too often."""
    case = case_of(Throttled("slow down", 5.0))
    case.queue.refuses, case.queue.failure = True, failure
    with pytest.raises(Transient, match=failure.reason):
        case.process(queued(MAIL, receives=LAST))
    assert case.queue.again == []
    assert case.line["outcome"] == "retry"


@pytest.mark.parametrize("receives", [1, LAST])
def test_throttling_ends_as_a_dead_letter_after_the_age_limit(receives: int) -> None:
    """So a message is not sent again for ever."""
    case = case_of(*[Throttled("slow down", 5.0)] * 2)
    record = queued(MAIL, receives=receives)
    case.now += MOST_AGE_SECONDS - 1
    if receives == LAST:
        assert case.process(record) is SenderOutcome.RETRY
    else:
        with pytest.raises(Throttled):
            case.process(record)
    case.now += 2
    assert case.process(record) is SenderOutcome.DEAD
    [(_, members, _)] = case.dead_letters.kept
    assert members["class"] == "transient"
    assert members["reason"] == "slow down, and the notification is older than 86400 s"


def test_an_old_notification_is_sent_all_the_same() -> None:
    """The age limit concerns those that are held, not those that wait for an outage of the sender."""
    case = case_of()
    record = queued(MAIL)
    case.now += 30 * 86_400
    assert case.process(record) is SenderOutcome.ACCEPTED


def test_the_age_of_a_replay_begins_with_the_replay() -> None:
    """Otherwise the replay of an old dead letter would be dead at the first throttle."""
    case = case_of(Throttled("slow down", 5.0))
    case.now += 30 * 86_400
    replay = {"id": "r1", "count": 1, "at": "2026-06-27T20:26:40.000Z"}
    with pytest.raises(Throttled):
        case.process(queued(MAIL, replay=replay))


@pytest.mark.parametrize("received_at", ["", "yesterday", "2026-13-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_throttling_counts_if_the_age_is_unknown(received_at: str) -> None:
    """A message without a readable time must end too."""
    case = case_of(Throttled("slow down", 5.0))
    record = queued(MAIL, receives=LAST)
    record["messageAttributes"]["received_at"] = {"stringValue": received_at, "dataType": "String"}
    assert case.process(record) is SenderOutcome.DEAD


def test_waiting_for_a_slot_uses_up_no_receive() -> None:
    """The message comes back shortly before its slot, on its last receive as a new one; it is not throttled."""
    case = case_of()
    for _ in range(3):
        case.sending.pacing.reserve("chat:room", 10.0)
    sent = notification()
    with pytest.raises(Paced):
        case.process(queued(sent))
    [seconds] = case.queue.postponed
    assert 28 <= seconds <= 30
    assert case.process(queued(sent, receives=LAST)) is SenderOutcome.RETRY
    [(_, again)] = case.queue.again
    assert 28 <= again <= 30
    assert not any(line.get("throttled") for line in case.lines)
    case.now += seconds
    assert case.process(queued(sent)) is SenderOutcome.ACCEPTED


def test_another_attempt_in_progress_uses_up_no_receive() -> None:
    """SQS delivers a message twice at times; the second one must not become a dead letter."""
    case = case_of()
    case.records.write(case.record(MAIL), case.record(MAIL).state.STARTED, until=case.now + 20)
    with pytest.raises(InProgress):
        case.process(queued(MAIL))
    assert case.queue.postponed == [33]
    assert case.process(queued(MAIL, receives=LAST)) is SenderOutcome.RETRY


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        ("nonsense", {"envelope_version": "1"}),
        ("{}", {"envelope_version": "1", "receipt_id": "receipt-1"}),
        (MAIL.encode(), {}),
    ],
)
def test_a_message_that_is_not_a_notification_is_a_dead_letter(body: str, attributes: dict[str, str]) -> None:
    """The cause is the envelope, and the line has what is known."""
    case = case_of()
    typed = {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()}
    assert case.process({"body": body, "messageAttributes": typed}) is SenderOutcome.DEAD
    [(_, members, _)] = case.dead_letters.kept
    assert members["class"] == "envelope"
    assert "target" not in members
    assert case.line["receipt_id"] == attributes.get("receipt_id", "")


def test_an_envelope_of_a_newer_version_comes_back() -> None:
    """A newer sender can read it."""
    case = case_of()
    record = queued(MAIL)
    record["messageAttributes"]["envelope_version"]["stringValue"] = "2"
    with pytest.raises(Transient):
        case.process(record)


def test_a_dead_letter_that_cannot_be_written_brings_the_message_back() -> None:
    """After some attempts; otherwise the notification would be lost."""
    case = case_of(Permanent("refused", "no"))
    case.dead_letters.refuses = True
    with pytest.raises(Transient, match="the dead-letter queue returned KmsDisabled"):
        case.process(queued(MAIL))
    assert case.line["failure"]["reason"] == "the dead-letter queue returned KmsDisabled"


def test_an_unexpected_exception_is_transient_and_its_text_is_left_out() -> None:
    """The line has its class and place."""
    case = SenderCase(mail=FakeService(KeyError(TEXT)))
    with pytest.raises(Unconfirmed):
        case.process(queued(MAIL))
    assert case.line["failure"]["class"] == "unknown"
    assert case.line["failure"]["reason"].startswith("KeyError at fake_integration.py")


def test_the_records_of_one_invocation_are_independent() -> None:
    """If one fails, the others are acknowledged before the function raises."""
    case = SenderCase(mail=FakeService(), chat=FakeChat(Transient("transient", "down")))
    good, bad = queued(MAIL), queued(notification())
    with pytest.raises(Transient, match="down"):
        case.sender.process_all([bad, good], lambda: 30.0)
    assert case.queue.acknowledged == [good["body"]]
    case.sender.process_all([good, bad], lambda: 30.0)
    assert len(case.queue.acknowledged) == 1


def test_the_line_cleans_what_the_message_says() -> None:
    """Names come from a message, so they are cut and without control characters."""
    case = case_of()
    case.process(queued(MAIL._replace(name="a\x00b" + "c" * 300, topic="t\n", credentials={"type": {"a": 1}})))
    assert case.line["integration"] == "ab" + "c" * 254
    assert json.loads(json.dumps(case.line["type"])) == "{'a': 1}"
