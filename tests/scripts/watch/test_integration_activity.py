"""Test what the sender did lately by integration, as its log says."""

import pytest

from scripts.aws.stack import Stack
from scripts.cli.exit_codes import FailedError
from scripts.watch.integration_activity import Activity, IntegrationName, activity_of, summarized
from tests.scripts.request_trace.conftest import NOTIFIED, SENDER
from tests.scripts.request_trace.test_notified import sent
from tests.scripts.stack_logs import Site
from tests.scripts.watch.events import event_of

ALWAYS = (0, 2**43)
REFUSED = {"class": "refused", "reason": "hooks.slack.com answered 404"}


def activity(site: Site, stack: Stack = NOTIFIED) -> Activity:
    return activity_of(site.scope, stack, *ALWAYS)


def test_attempts_are_counted_by_integration(site: Site) -> None:
    """The latest attempt is kept with its reason; other lines do not count."""
    site.aws.logs.create_log_group(logGroupName=SENDER)
    site.aws.logs.create_log_stream(logGroupName=SENDER, logStreamName="s")
    site.write(SENDER, sent("slack", "accepted"), sent("email", "accepted"), {"message": "cold start"}, age=90)
    site.write(SENDER, sent("slack", "retry"), age=60)
    site.write(SENDER, sent("slack", "dead", failure=REFUSED), age=50)
    found = activity(site)
    slack = found.integrations[IntegrationName("library/jobs", "slack")]
    assert slack.counts == {"accepted": 1, "retry": 1, "dead": 1}
    assert (slack.last.outcome, slack.last.reason) == ("dead", "refused: hooks.slack.com answered 404")
    assert found.integrations[IntegrationName("library/jobs", "email")].counts == {"accepted": 1}
    assert not found.is_partial


def test_equal_lines_of_two_notifications_both_count(site: Site) -> None:
    """They differ by their event only."""
    site.aws.logs.create_log_group(logGroupName=SENDER)
    site.aws.logs.create_log_stream(logGroupName=SENDER, logStreamName="s")
    site.write(SENDER, sent("slack", "accepted"), sent("slack", "accepted"), age=90)
    [slack] = activity(site).integrations.values()
    assert slack.counts == {"accepted": 2}


def test_a_large_log_is_read_in_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result says so."""
    site.aws.logs.create_log_group(logGroupName=SENDER)
    site.aws.logs.create_log_stream(logGroupName=SENDER, logStreamName="s")
    site.write(SENDER, sent("slack", "accepted"), sent("email", "accepted"), age=90)
    monkeypatch.setattr("scripts.watch.integration_activity.MOST_ATTEMPTS", 2)
    assert activity(site).is_partial


def test_a_missing_log_is_an_error(site: Site) -> None:
    """It is one sentence."""
    with pytest.raises(FailedError, match=rf"Log group {SENDER} not found"):
        activity(site)


def test_the_latest_attempt_is_that_with_the_latest_time() -> None:
    """Lines can come out of order."""
    [found] = summarized([event_of(2, outcome="dead"), event_of(1)]).values()
    assert found.last.outcome == "dead"
