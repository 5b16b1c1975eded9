"""How a reconciliation is taken: what is asked, in which order, and what it rests on; over AWS in process."""

import time
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import pytest

from processor.errors import DeliveryUncertain, InProgress, Transient
from processor.retries import LONGEST_AWAY_SECONDS, RetryPolicy
from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError
from scripts.reconciliation.collect import Taken, take
from tests.scripts.reconciliation.test_log_lines import silent
from tests.scripts.stack_logs import AUDIT, INGEST, PROCESSOR, Site

HOUR = timedelta(hours=1)
DAY_SECONDS = 86_400


def taken(site: Site, since: timedelta = HOUR, until: timedelta | None = None) -> Taken:
    return take(site.scope, since, until, silent)


def test_accepted_lines_meet_outcome_lines(site: Site) -> None:
    """Two groups, two profiles; a line before its time is not read."""
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


def test_outcomes_after_the_window_and_just_before_it_are_read(site: Site) -> None:
    """Events take their time, and the functions' clocks differ."""
    site.accepted("slow", age=3000)
    site.accepted("skewed", age=3595)
    site.ended("delivered", "slow", age=5)
    site.ended("delivered", "skewed", age=3605)
    site.accepted("after", age=2390)
    site.ended("delivered", "after", age=2410)
    found = taken(site, until=timedelta(minutes=40)).reconciliation
    assert dict(found.counts) == {("alma", "accepted"): 2, ("alma", "delivered"): 2}
    assert found.without_accepted == {}


def test_no_log_is_asked_for_lines_before_1970(site: Site) -> None:
    """AWS rejects such a time; logs that are kept for ever have no first day."""
    asked: list[int] = []
    for group in (INGEST, PROCESSOR):
        site.aws.logs.delete_retention_policy(logGroupName=group)
    event = "before-parameter-build.cloudwatch-logs.FilterLogEvents"
    site.aws.logs.meta.events.register(event, lambda params, **_: asked.append(params["startTime"]))
    taken(site, timedelta(days=999_999))
    assert asked == [0, 0]


def test_the_queue_is_asked_before_the_logs(site: Site) -> None:
    """What leaves it meanwhile has its line; the other way round it would seem missing."""
    calls: list[str] = []

    def seen(model: Any, **_: Any) -> None:
        calls.append(model.name)

    site.accepted("r1")
    for client in (site.aws.sqs, site.aws.logs):
        client.meta.events.register("before-parameter-build", seen)
    taken(site)
    assert calls[0] == "GetQueueAttributes"
    assert calls[-2:] == ["FilterLogEvents", "FilterLogEvents"]


def test_what_the_queue_holds_is_in_flight(site: Site) -> None:
    """Visible, not visible and delayed messages alike."""
    url = site.scope.stack.outputs["QueueUrl"]
    for number, delay in enumerate([0, 0, 60]):
        site.aws.sqs.send_message(QueueUrl=url, MessageBody=str(number), DelaySeconds=delay)
    site.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    site.accepted("r1", "r2", "r3", "r4")
    found = taken(site)
    assert (found.queue.visible, found.queue.not_visible, found.queue.delayed) == (1, 1, 1)
    assert dict(found.reconciliation.in_flight_by) == {("alma", "queued"): 3}
    assert len(found.reconciliation.missing) == 1


def test_what_the_judgement_rests_on_comes_from_the_queue(site: Site) -> None:
    """Its retention, and its visibility timeout where that is longer than any retry is away."""
    url = site.scope.stack.outputs["QueueUrl"]
    assert taken(site).patience.queue_keeps == 4 * DAY_SECONDS * 1000
    assert taken(site).patience.longest_away == LONGEST_AWAY_SECONDS * 1000
    site.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43200"})
    assert taken(site).patience.longest_away == 43_200_000


@pytest.mark.parametrize("failure", [Transient, InProgress, DeliveryUncertain])
def test_no_retry_is_away_longer_than_is_waited_for(failure: type[Transient]) -> None:
    """By the processor's own rule, at its unluckiest, with the longest timeouts that the template takes."""
    away = RetryPolicy(8, 43_200, 900, random=lambda: 1.0).backoff_seconds(failure("transient", "x"), 7)
    assert away <= LONGEST_AWAY_SECONDS
    assert failure is InProgress or away == LONGEST_AWAY_SECONDS


def test_now_is_by_aws_clock(site: Site) -> None:
    """An operator's clock that is an hour fast makes no event old enough to be missing."""

    def an_hour_ago(parsed: Any, **_: Any) -> None:
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = formatdate(time.time() - 3600)

    site.accepted("r1", age=3630)
    assert dict(taken(site, 2 * HOUR).reconciliation.in_flight_by) == {}
    site.aws.sqs.meta.events.register("after-call", an_hour_ago)
    assert dict(taken(site).reconciliation.in_flight_by) == {("alma", "young"): 1}


def test_the_second_that_runs_counts(site: Site) -> None:
    """AWS tells its clock in whole seconds, and whoever has just sent an event wants to see it."""
    site.accepted("r1", age=0)
    assert dict(taken(site).reconciliation.in_flight_by) == {("alma", "young"): 1}


def test_an_audit_log_is_read_where_the_stack_has_one(site: Site) -> None:
    """A stack without one has nothing discarded."""
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


def test_the_reconciliation_begins_where_every_log_still_has_its_lines(site: Site) -> None:
    """Else what was delivered long ago would be missing; it says so."""
    site.aws.logs.put_retention_policy(logGroupName=PROCESSOR, retentionInDays=1)
    site.accepted("long-ago", age=2 * DAY_SECONDS)
    site.accepted("r1", age=DAY_SECONDS / 2)
    found = taken(site, timedelta(days=7))
    assert [line.receipt_id for line in found.reconciliation.missing] == ["r1"]
    assert abs(found.window.since / 1000 - (time.time() - DAY_SECONDS)) < 60
    [note] = found.notes
    assert note.startswith(f"The log group {PROCESSOR} keeps lines for 1 d: the reconciliation begins with 20")
    with pytest.raises(ConfigurationError, match="--until is before what the logs still have"):
        taken(site, timedelta(days=7), timedelta(days=2))


def test_no_note_where_the_logs_go_back_far_enough(site: Site) -> None:
    """Nothing to say, nothing said."""
    assert taken(site, timedelta(days=89)).notes == []


@pytest.mark.parametrize("output", ["IngestLogGroupName", "ProcessorLogGroupName", "QueueUrl"])
def test_a_stack_that_does_not_tell_where_to_look_is_rejected(site: Site, output: str) -> None:
    """By the name of the output."""
    outputs = {name: value for name, value in site.scope.stack.outputs.items() if name != output}
    older = Site(site.aws, site.scope._replace(stack=site.scope.stack._replace(outputs=outputs)))
    with pytest.raises(ConfigurationError, match=rf"\(output {output}\): deploy this version's template first"):
        taken(older)


def test_the_template_has_these_outputs() -> None:
    """What is read here is what the template tells."""
    assert {"IngestLogGroupName", "ProcessorLogGroupName", "QueueUrl"} <= set(load()["Outputs"])
