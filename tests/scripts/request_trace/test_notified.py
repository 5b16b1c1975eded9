"""Test that the notifications of an event or a post are followed through the logs of producer and sender."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.request_trace.follow import follow_request, has_outcome
from scripts.request_trace.log import lines as lines_of
from scripts.request_trace.log import log_groups, request_lines
from scripts.request_trace.log_line import LogLine
from tests.moto_resources import create_log_group
from tests.scripts.passing_time import PassingTime
from tests.scripts.request_trace.conftest import NOTIFIED, PRODUCER, SENDER
from tests.scripts.stack_logs import PROCESSOR, Site

QUEUED = {"route": "jobs", "target": "notification:library/jobs", "outcome": "delivered"}


@pytest.fixture
def notified(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The stack with notifications, whose logs are empty."""
    monkeypatch.setattr("scripts.request_trace.log.notifications_of", lambda _: NOTIFIED)
    for group in (PRODUCER, SENDER):
        create_log_group(site.aws, group, "s")
    return site


def sent(integration: str, outcome: str, **more: Any) -> dict[str, Any]:
    """Return a line of the sender."""
    facts = {"topic": "library+jobs", "integration": integration, "type": integration, "receives": 1}
    message = "retry" if outcome == "retry" else "outcome"
    return {"message": message, "receipt_id": "r1", "outcome": outcome, **facts, **more}


REFUSED = {"class": "refused", "reason": "hooks.slack.com answered 404", "target": "slack:slack@library+jobs"}


def test_a_post_is_traced_through_producer_and_sender(notified: Site) -> None:
    """Each integration has its outcome; a refused one has the cause."""
    post = {"message": "accepted", "receipt_id": "r1", "channel": "library", "topic": "jobs", "queued": 2}
    notified.write(PRODUCER, post, age=9)
    notified.write(SENDER, sent("email", "accepted"), sent("slack", "dead", failure=REFUSED), age=8)
    found = request_lines(notified.scope, "r1", 0, 2**43, lambda *_: None)
    first, email = (" ".join(text.split()[1:]) for text in lines_of(found[:2]))
    assert first == "producer accepted channel library, topic jobs, queued 2"
    assert email.startswith("sender outcome accepted topic library+jobs, integration email, type email, receives 1")
    *_, cause = lines_of(found)
    assert cause.strip() == "refused: hooks.slack.com answered 404 (target slack:slack@library+jobs)"


def test_a_delivery_to_a_topic_is_shown_as_queued(notified: Site) -> None:
    """Nobody has accepted anything yet."""
    line = {"message": "outcome", "receipt_id": "r1", "outcome": "delivered", "deliveries": [QUEUED]}
    notified.write(PROCESSOR, line, age=9)
    *_, delivery = lines_of(request_lines(notified.scope, "r1", 0, 2**43, lambda *_: None))
    assert delivery.strip() == "notification:library/jobs by route jobs: queued for its integrations"


def test_a_trace_follows_an_event_to_its_notifications(notified: Site) -> None:
    """The outcome of the event does not end it."""
    notified.accepted("r1")
    notified.write(PROCESSOR, {"message": "outcome", "receipt_id": "r1", "deliveries": [QUEUED]}, age=9)
    time = PassingTime(
        lambda: notified.write(SENDER, sent("slack", "retry"), age=3),
        lambda: notified.write(SENDER, sent("slack", "accepted"), age=2),
    )
    found = follow_request(notified.scope, "r1", 0, 60, monotonic=time.monotonic, sleep=time.sleep)
    assert [[line.log for line in lines] for lines in found] == [["ingest", "processor"], ["sender"], ["sender"]]
    assert time.now == 4


def line(log: str, at: int, **members: Any) -> LogLine:
    return LogLine(at, log, members)


EVENT = line("processor", 1, message="outcome", deliveries=[QUEUED])
POST = line("producer", 1, message="accepted", queued=2)
A, B = (LogLine(2, "sender", sent(name, "accepted")) for name in "ab")
RETRIED = LogLine(3, "sender", sent("b", "retry"))
REPLAYED = line("audit", 4, message="replayed", result="done", queue="notifications")


@pytest.mark.parametrize(
    ("lines", "is_done"),
    [
        ([EVENT], False),
        ([EVENT, A], True),
        ([A], False),
        ([POST], False),
        ([POST, A], False),
        ([POST, A, B], True),
        ([POST, A, B, RETRIED], False),
        ([POST, A, LogLine(2, "sender", sent("b", "fallback"))], False),
        ([POST, A, LogLine(2, "sender", sent("b", "fallback")), LogLine(3, "sender", sent("c", "accepted"))], True),
        ([POST, A, B, REPLAYED], False),
        ([POST, A, B, REPLAYED, B._replace(at=3)], True),
        ([EVENT, A, REPLAYED, A._replace(at=5)], True),
        ([line("producer", 1, message="rejected", status=404)], True),
        ([line("producer", 1, message="failed", queued=1)], False),
        ([line("processor", 1, message="outcome", deliveries=[QUEUED | {"outcome": "", "failure": REFUSED}])], True),
        ([line("producer", 1, message="accepted", queued="2")], True),
    ],
)
def test_each_queued_notification_needs_an_outcome(lines: list[LogLine], *, is_done: bool) -> None:
    """So does each replay; a delivery that failed has queued none."""
    assert has_outcome(lines) is is_done


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_without_the_right_to_describe_it_the_stack_counts_as_missing(
    site: Site, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """An older policy has no such right. Other errors are raised."""

    def failing(_: object) -> None:
        raise ClientError({"Error": {"Code": code}}, "DescribeStacks")

    monkeypatch.setattr("scripts.request_trace.log.notifications_of", failing)
    if code == "AccessDenied":
        assert [*log_groups(site.scope)] == ["ingest", "processor"]
    else:
        with pytest.raises(ClientError):
            log_groups(site.scope)
