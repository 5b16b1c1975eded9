"""The events of a stack, as the processor logs them."""

from datetime import timedelta

from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import LoggedEvent
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site


def polled(follower: EventFollower) -> list[tuple[str, str]]:
    found: list[LoggedEvent] = []
    follower.poll(found.extend)
    return [(event.receipt_id, event.outcome) for event in found]


def test_outcomes_and_failed_attempts_are_events(site: Site) -> None:
    """Each once, from now on; other lines are none."""
    site.ended("delivered", "old", age=30)
    follower = EventFollower(site.scope)
    site.ended("delivered", "r1", age=-1)
    site.write(PROCESSOR, {"message": "retry", "receipt_id": "r2"}, {"message": "cold start"}, "START", age=-2)
    site.write(INGEST, {"message": "accepted", "receipt_id": "r3"}, age=-2)
    assert polled(follower) == [("r1", "delivered"), ("r2", "retry")]
    assert polled(follower) == []
    site.ended("dead", "r2", age=0)
    assert polled(follower) == [("r2", "dead")]


def test_earlier_events_are_shown_with_since(site: Site) -> None:
    """By default only those from now on."""
    site.ended("delivered", "r1", age=300)
    assert polled(EventFollower(site.scope)) == []
    assert polled(EventFollower(site.scope, timedelta(minutes=10))) == [("r1", "delivered")]


def test_throttling_slows_the_polls(site: Site) -> None:
    """The watch goes on."""
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    follower = EventFollower(site.scope._replace(aws=aws), clock=lambda: 1_795_521_600.0)
    before = follower.pause_seconds
    with Stubber(aws.logs) as stub:
        stub.add_client_error("filter_log_events", "ThrottlingException")
        assert polled(follower) == []
    assert follower.is_slowed
    assert follower.pause_seconds == 2 * before
