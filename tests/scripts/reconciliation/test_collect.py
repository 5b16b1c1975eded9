"""Test which data a reconciliation reads, and in which order; over AWS in process."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any

import pytest

from processor.errors import DeliveryUncertain, InProgress, Transient
from processor.retries import LONGEST_AWAY_SECONDS, RetryPolicy
from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment
from scripts.reconciliation.collect import CollectedReconciliation, collect, window_of
from scripts.reconciliation.reconcile import TimeWindow
from tests.scripts.reconciliation.test_logs import silent
from tests.scripts.stack_logs import AUDIT, INGEST, PROCESSOR, Site

HOUR = timedelta(hours=1)
DAY_SECONDS = 86_400


def taken(site: Site, since: timedelta = HOUR, until: timedelta | None = None) -> CollectedReconciliation:
    return collect(site.scope, since, until, silent)


def test_accepted_lines_are_joined_with_outcomes(site: Site) -> None:
    """There are two log groups and two profiles; a line before the window is not read."""
    site.accepted("r1", "r2")
    site.accepted("r3", profile="consortium")
    site.accepted("long-ago", age=3700)
    site.ended("delivered", "r1")
    site.ended("ignored", "r3", profile="consortium")
    found = taken(site).reconciliation
    assert dict(found.counts) == {
        ("alma", "accepted"): 2,
        ("alma", "delivered"): 1,
        ("alma", "missing"): 1,
        ("consortium", "accepted"): 1,
        ("consortium", "ignored"): 1,
    }


def test_each_line_that_is_read_can_be_observed(site: Site) -> None:
    """One pass over the logs is enough for other counts, also of retries and rejected requests."""
    site.accepted("r1")
    site.ended("delivered", "r1")
    site.write(PROCESSOR, {"message": "retry", "receipt_id": "r1"}, {"message": "started"}, age=595)
    site.write(INGEST, {"message": "rejected", "reason": "wrong-signature"}, age=60)
    seen: list[tuple[int, str]] = []
    collect(site.scope, HOUR, None, silent, lambda at, members: seen.append((at, members["message"])))
    assert sorted(name for _, name in seen) == ["accepted", "outcome", "rejected", "retry"]
    assert all(abs(at / 1000 - time.time()) < 700 for at, _ in seen)


def test_outcomes_after_the_window_and_just_before_it_are_read(site: Site) -> None:
    """Processing takes time, and the clocks of the functions differ."""
    site.accepted("slow", age=3000)
    site.accepted("skewed", age=3595)
    site.ended("delivered", "slow", age=5)
    site.ended("delivered", "skewed", age=3605)
    site.accepted("after", age=2390)
    site.ended("delivered", "after", age=2410)
    found = taken(site, until=timedelta(minutes=40)).reconciliation
    assert dict(found.counts) == {("alma", "accepted"): 2, ("alma", "delivered"): 2}
    assert found.without_accepted == {}


def test_no_log_is_read_before_1970(site: Site) -> None:
    """AWS rejects such a time; logs without retention have no first day."""
    asked: list[int] = []
    for group in (INGEST, PROCESSOR):
        site.aws.logs.delete_retention_policy(logGroupName=group)
    event = "before-parameter-build.cloudwatch-logs.FilterLogEvents"
    site.aws.logs.meta.events.register(event, lambda params, **_: asked.append(params["startTime"]))
    taken(site, timedelta(days=999_999))
    assert asked == [0, 0]


def test_the_queue_is_read_before_the_logs(site: Site) -> None:
    """Otherwise an event that leaves the queue in between would seem missing."""
    calls: list[str] = []

    def seen(model: Any, **_: Any) -> None:
        calls.append(model.name)

    site.accepted("r1")
    for client in (site.aws.sqs, site.aws.logs):
        client.meta.events.register("before-parameter-build", seen)
    taken(site)
    assert calls[0] == "GetQueueAttributes"
    assert calls[-2:] == ["FilterLogEvents", "FilterLogEvents"]


def test_events_on_the_queue_are_in_flight(site: Site) -> None:
    """Visible, not visible and delayed messages count."""
    url = site.scope.stack.outputs["QueueUrl"]
    for number, delay in enumerate([0, 0, 60]):
        site.aws.sqs.send_message(QueueUrl=url, MessageBody=str(number), DelaySeconds=delay)
    site.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    site.accepted("r1", "r2", "r3", "r4")
    found = taken(site)
    assert (found.queue["visible"], found.queue["not_visible"], found.queue["delayed"]) == (1, 1, 1)
    assert dict(found.reconciliation.in_flight_by) == {("alma", "queued"): 3}
    assert len(found.reconciliation.missing) == 1


def test_the_limits_come_from_the_queue(site: Site) -> None:
    """They are its retention, and its visibility timeout if that exceeds the longest retry."""
    url = site.scope.stack.outputs["QueueUrl"]
    assert taken(site).deadline.queue_keeps == 4 * DAY_SECONDS * 1000
    assert taken(site).deadline.longest_away == LONGEST_AWAY_SECONDS * 1000
    site.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43200"})
    assert taken(site).deadline.longest_away == 43_200_000


@pytest.mark.parametrize("failure", [Transient, InProgress, DeliveryUncertain])
def test_no_retry_takes_longer_than_the_limit(failure: type[Transient]) -> None:
    """The worst case of the processor's rule with the longest timeouts of the template is covered."""
    away = RetryPolicy(8, 43_200, 900, random=lambda: 1.0).backoff_seconds(failure("transient", "x"), 7)
    assert away <= LONGEST_AWAY_SECONDS
    assert failure is InProgress or away == LONGEST_AWAY_SECONDS


def test_now_is_by_the_clock_of_aws(site: Site) -> None:
    """A local clock that is an hour fast does not make events look missing."""

    def an_hour_ago(parsed: Any, **_: Any) -> None:
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = formatdate(time.time() - 3600)

    site.accepted("r1", age=3630)
    assert dict(taken(site, 2 * HOUR).reconciliation.in_flight_by) == {}
    site.aws.sqs.meta.events.register("after-call", an_hour_ago)
    assert dict(taken(site).reconciliation.in_flight_by) == {("alma", "young"): 1}


def test_the_current_second_counts(site: Site) -> None:
    """AWS sends its time in whole seconds, and an event just sent must be included."""
    site.accepted("r1", age=0)
    assert dict(taken(site).reconciliation.in_flight_by) == {("alma", "young"): 1}


def test_the_audit_log_is_read_if_the_stack_has_one(site: Site) -> None:
    """Without one, nothing counts as discarded."""
    site.accepted("r1")
    site.ended("dead", "r1")
    assert taken(site).reconciliation.counts["alma", "dead"] == 1
    site.aws.logs.create_log_group(logGroupName=AUDIT)
    site.aws.logs.create_log_stream(logGroupName=AUDIT, logStreamName="s")
    site.write(AUDIT, {"message": "discarded", "receipt_id": "r1", "profile": "alma"}, age=60)
    assert taken(site).reconciliation.counts["alma", "discarded"] == 0
    outputs = site.scope.stack.outputs | {"AuditLogGroupName": AUDIT}
    audited = Site(site.aws, site.scope._replace(stack=site.scope.stack._replace(outputs=outputs)))
    assert dict(taken(audited).reconciliation.counts) == {("alma", "accepted"): 1, ("alma", "discarded"): 1}


def test_the_window_is_shortened_to_the_retention_of_the_logs(site: Site) -> None:
    """Otherwise events delivered long ago would seem missing; a note says so."""
    site.aws.logs.put_retention_policy(logGroupName=PROCESSOR, retentionInDays=1)
    site.accepted("long-ago", age=2 * DAY_SECONDS)
    site.accepted("r1", age=DAY_SECONDS / 2)
    found = taken(site, timedelta(days=7))
    assert [line.about for line in found.reconciliation.missing] == ["r1"]
    assert abs(found.window.since / 1000 - (time.time() - DAY_SECONDS)) < 60
    [note] = found.notes
    assert note.startswith(f"The log group {PROCESSOR} keeps lines for 1 d, so the reconciliation starts at 20")
    with pytest.raises(ConfigurationError, match="--until is before the oldest log lines"):
        taken(site, timedelta(days=7), timedelta(days=2))


def test_there_is_no_note_if_the_logs_go_back_far_enough(site: Site) -> None:
    """The notes are empty."""
    assert taken(site, timedelta(days=89)).notes == []


@pytest.mark.parametrize("output", ["IngestLogGroupName", "ProcessorLogGroupName", "QueueUrl"])
def test_a_stack_without_the_outputs_is_rejected(site: Site, output: str) -> None:
    """The error names the output."""
    outputs = {name: value for name, value in site.scope.stack.outputs.items() if name != output}
    older = Site(site.aws, site.scope._replace(stack=site.scope.stack._replace(outputs=outputs)))
    with pytest.raises(ConfigurationError, match=rf"has no output {output}, .*Deploy this version's template first"):
        taken(older)


def test_the_template_has_these_outputs() -> None:
    """All outputs that are read exist in the template."""
    assert {"IngestLogGroupName", "ProcessorLogGroupName", "QueueUrl"} <= set(load()["Outputs"])


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = 1_795_521_600_000
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("since", "until", "window"),
    [
        (timedelta(hours=1), None, TimeWindow(AT - HOUR_MS, AT)),
        (timedelta(hours=2), timedelta(hours=1), TimeWindow(AT - 2 * HOUR_MS, AT - HOUR_MS)),
        (NOW - timedelta(hours=2), NOW - timedelta(hours=1), TimeWindow(AT - 2 * HOUR_MS, AT - HOUR_MS)),
        (timedelta(hours=1), NOW + timedelta(days=1), TimeWindow(AT - HOUR_MS, AT)),
        (timedelta(days=999_999), None, TimeWindow(0, AT)),
        (datetime.min.replace(tzinfo=UTC), None, TimeWindow(0, AT)),
    ],
)
def test_the_window_is_limited_to_1970_and_now(since: Moment, until: Moment | None, window: TimeWindow) -> None:
    """AWS accepts no time before 1970."""
    assert window_of(since, until, NOW) == window


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (NOW, None, "--since is not in the past: the time is 2026-11-24T12:00:00.000Z"),
        (timedelta(hours=1), timedelta(hours=1), "--until is not after --since"),
    ],
)
def test_an_empty_window_is_an_error(since: Moment, until: Moment | None, sentence: str) -> None:
    """It would always be reconciled."""
    with pytest.raises(ConfigurationError, match=sentence):
        window_of(since, until, NOW)
