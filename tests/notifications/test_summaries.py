"""The rest of a burst becomes one line, and each event is either sent or counted in it."""

from contextlib import suppress

import pytest

from ingest.envelope import Envelope
from notifications.errors import Paced, Permanent, Throttled, Unconfirmed
from notifications.sender_outcomes import SenderOutcome
from notifications.sending_records import RecordState
from processor.errors import Transient
from processor.retries import CLOCKS_DIFFER_SECONDS
from tests.notifications.fake_integration import FakeChat, FakeService
from tests.notifications.sender_case import (
    MOST_IN_BURST,
    START,
    SenderCase,
    notification,
    queued,
    record_of_message,
)

ENDED = START + 60 + CLOCKS_DIFFER_SECONDS


def burst(case: SenderCase, count: int, kind: str = "chat") -> list[str]:
    """Process this number of events at the same moment, and return their outcomes."""
    outcomes = []
    for number in range(count):
        case.now = START
        try:
            outcomes.append(case.process(queued(notification(kind=kind, number=number))).value)
        except Paced:
            outcomes.append("paced")
    return outcomes


def test_the_rest_of_a_burst_is_one_line() -> None:
    """The first ones are sent, the others are counted, and the carrier says how many."""
    service = FakeChat()
    case = SenderCase(chat=service)
    assert burst(case, 10) == ["accepted"] * MOST_IN_BURST + ["summarized"] * 7
    [(message, seconds)] = case.queue.sent
    assert 60 <= seconds <= 64
    case.now = ENDED
    assert case.process(record_of_message(message)) is SenderOutcome.ACCEPTED
    assert service.texts == ["event 0", "event 1", "event 2", "… and 7 more"]
    assert (case.line["outcome"], case.line["events"]) == ("accepted", 7)


def test_a_carrier_is_a_notification_with_an_identity_of_its_own() -> None:
    """It goes to the same integration, has no text yet, and the receipt id of the event that caused it."""
    case = SenderCase(chat=FakeChat())
    burst(case, MOST_IN_BURST)
    case.now = START
    case.process(queued(notification(number=MOST_IN_BURST), at=START - 3600))
    [(message, _)] = case.queue.sent
    [carrier] = case.queue.carriers
    sent = notification()
    assert carrier["configuration"] == {"name": sent.name, "credentials": sent.credentials}
    assert (carrier["topic"], carrier["message"], carrier["summary_due"]) == (sent.topic, "", START + 60)
    assert carrier["identity"] != sent.identity
    envelope = Envelope.decode(message.body, message.attributes)
    assert (envelope.receipt_id, envelope.profile) == ("receipt-003", "notifications")
    assert envelope.content_type == "application/json"
    assert envelope.received_at == "2026-05-28T20:27:00.000Z"


def test_services_without_summaries_send_everything() -> None:
    """Nobody wants "7 more" as an SMS."""
    service = FakeService()
    case = SenderCase(mail=service)
    assert burst(case, 10, kind="mail") == ["accepted"] * 10
    assert case.queue.sent == []


def test_topics_and_destinations_have_bursts_of_their_own() -> None:
    """A noisy topic leaves the others of its channel alone."""
    case = SenderCase(chat=FakeChat())
    burst(case, MOST_IN_BURST + 1)
    case.now = START
    other_topic = notification(number=90)._replace(topic="library+loans")
    other_room = notification(number=91, room="other")
    assert case.process(queued(other_topic)) is SenderOutcome.ACCEPTED
    assert case.process(queued(other_room)) is SenderOutcome.ACCEPTED


def test_an_event_that_was_admitted_is_sent_by_itself_when_it_is_retried() -> None:
    """It has taken one of the places of its minute, and takes none of a later one."""
    service = FakeChat(Transient("transient", "down"))
    case = SenderCase(chat=service)
    with pytest.raises(Transient, match="down"):
        case.process(queued(notification()))
    for number in range(1, MOST_IN_BURST + 2):
        case.now = START
        case.process(queued(notification(number=number)))
    case.now = START + 30
    assert case.process(queued(notification())) is SenderOutcome.ACCEPTED
    assert service.texts[-1] == "event 0"


def test_an_event_is_counted_once() -> None:
    """A message that comes back after it was counted is a duplicate."""
    case = SenderCase(chat=FakeChat())
    burst(case, MOST_IN_BURST + 2)
    last = notification(number=MOST_IN_BURST + 1)
    assert case.record(last).state is RecordState.SUMMARIZED
    case.now = START
    assert case.process(queued(last)) is SenderOutcome.DUPLICATE
    assert case.bursts.close(case.queue.carriers[0]["identity"]) == 2


def test_a_carrier_waits_until_the_minute_has_ended_by_every_clock() -> None:
    """Until then, another worker may count."""
    case = SenderCase(chat=FakeChat())
    burst(case, MOST_IN_BURST + 1)
    [(message, _)] = case.queue.sent
    case.now = ENDED - 10
    with pytest.raises(Paced):
        case.process(record_of_message(message))
    assert case.queue.postponed[-1] == 10


def test_an_event_that_comes_after_the_summary_was_closed_is_sent() -> None:
    """Its worker's clock is slow, or it waited; nothing is lost."""
    service = FakeChat()
    case = SenderCase(chat=service)
    burst(case, MOST_IN_BURST + 1)
    case.bursts.close(case.queue.carriers[0]["identity"])
    case.now = START + 50
    assert case.process(queued(notification(number=50))) is SenderOutcome.ACCEPTED
    assert service.texts[-1] == "event 50"


def test_a_failed_summary_is_repeated_with_the_same_count() -> None:
    """The carrier comes back like any notification."""
    service = FakeChat()
    case = SenderCase(chat=service)
    burst(case, MOST_IN_BURST + 4)
    [(message, _)] = case.queue.sent
    service.first = [Throttled("slow down", 5.0)]
    case.now = ENDED
    with pytest.raises(Throttled):
        case.process(record_of_message(message))
    case.now += 10
    assert case.process(record_of_message(message)) is SenderOutcome.ACCEPTED
    assert case.process(record_of_message(message)) is SenderOutcome.DUPLICATE
    assert service.texts[-1] == "… and 4 more"
    assert len(service.texts) == MOST_IN_BURST + 1


def test_the_dead_letter_of_a_summary_has_the_count() -> None:
    """A replay of it sends the same line."""
    service = FakeChat()
    case = SenderCase(chat=service)
    burst(case, MOST_IN_BURST + 4)
    [(message, _)] = case.queue.sent
    service.first = [Permanent("refused", "Slack returned channel_not_found")]
    case.now = ENDED
    assert case.process(record_of_message(message)) is SenderOutcome.DEAD
    [(_, members, _)] = case.dead_letters.kept
    assert members["reason"] == "Slack returned channel_not_found (the summary of 4 more notifications)"
    assert case.process(record_of_message(message)) is SenderOutcome.ACCEPTED
    assert service.texts[-1] == "… and 4 more"


@pytest.mark.parametrize("retry_unconfirmed", [True, False])
def test_a_summary_that_nobody_may_send_again_names_its_count(retry_unconfirmed: bool) -> None:
    """A worker died while it sent the summary, or its secret was deleted: the cause has the count all the same."""
    service = FakeChat()
    case = SenderCase(chat=service)
    for number in range(MOST_IN_BURST + 4):
        case.now = START
        sent = notification(number=number, retry_unconfirmed=retry_unconfirmed, token={"ssm": "slack-team"})
        case.process(queued(sent))
    [(message, _)] = case.queue.sent
    service.first = [Unconfirmed("the answer was lost")]
    case.secrets.missing = {"slack-team"} if retry_unconfirmed else set()
    case.now = ENDED
    for _ in range(2):
        assert case.process(record_of_message(message)) is SenderOutcome.DEAD
    for _, members, _ in case.dead_letters.kept:
        assert members["reason"].endswith("(the summary of 4 more notifications)")


def test_two_integrations_with_one_destination_have_a_summary_each() -> None:
    """Neither of them is sent twice, whichever queued its carrier first."""
    service = FakeChat()
    case = SenderCase(chat=service)
    for number in range(MOST_IN_BURST + 2):
        for name in ("team", "other"):
            case.now = START
            with suppress(Paced):
                case.process(queued(notification(name, number=number)))
    assert sorted(carrier["configuration"]["name"] for carrier in case.queue.carriers) == ["other", "team"]
    case.now = ENDED + 30
    for message, _ in case.queue.sent * 2:
        case.process(record_of_message(message))
    assert service.texts[-2:] == ["… and 2 more"] * 2
    assert sum(text.startswith("…") for text in service.texts) == 2


def test_nothing_is_counted_without_a_carrier() -> None:
    """If the queue does not take the carrier, the event comes back, and its next attempt counts it."""
    case = SenderCase(chat=FakeChat())
    burst(case, MOST_IN_BURST)
    case.now = START
    case.queue.refuses = True
    late = notification(number=MOST_IN_BURST)
    with pytest.raises(Transient, match="the notifications queue did not take a message"):
        case.process(queued(late))
    assert case.record(late).state is RecordState.NEW
    case.queue.refuses = False
    case.now = START
    assert case.process(queued(late)) is SenderOutcome.SUMMARIZED
    assert len(case.queue.sent) == 1


def test_a_carrier_without_events_sends_nothing() -> None:
    """Its worker ended before it counted; the event came back and was sent or counted elsewhere."""
    service = FakeChat()
    case = SenderCase(chat=service)
    burst(case, MOST_IN_BURST)
    case.now = START
    case.table.failing = {"transact"}
    with pytest.raises(Transient):
        case.process(queued(notification(number=MOST_IN_BURST)))
    case.table.failing.clear()
    [(message, _)] = case.queue.sent
    case.now = ENDED
    assert case.process(record_of_message(message)) is SenderOutcome.DUPLICATE
    assert len(service.texts) == MOST_IN_BURST
