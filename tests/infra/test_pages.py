"""Which alarms page: none that a stranger can cause alone, and none for events that are retried anyway."""

import re
from typing import Final, NamedTuple

import pytest

from tests.infra.observability_alarms import PROFILES, alarms, resources, watched

ALARMS = alarms(["loan-created", "heartbeat"])
RESOURCES = resources(["loan-created", "heartbeat"])
RULE: Final = ALARMS["Page"]["AlarmRule"]["Fn::Sub"]

Metric = tuple[str, str]
"""Namespace, without the stack name, and metric."""


class Evidence(NamedTuple):
    """What a metric indicates. `stranger`: someone who knows the webhook URL but no secret can cause it."""

    what: str
    stranger: bool


EVIDENCE: Final[dict[Metric, Evidence]] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): Evidence("signed events are on a queue", stranger=False),
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): Evidence("signed events are being handled", stranger=False),
    ("AlmaWebhooks", "Handled"): Evidence("the processor brought an event to an outcome or a retry", stranger=False),
    ("AWS/SNS", "NumberOfMessagesPublished"): Evidence("the heartbeat of the stack was delivered", stranger=False),
    # A stranger needs a flood above the throttle, which already loses events of Alma.
    ("AlmaWebhooks", "ThrottledRequests"): Evidence("the gateway is losing requests, Alma's included", stranger=False),
    ("AlmaWebhooks", "InvalidSignatures"): Evidence("somebody sent a wrong signature", stranger=True),
    ("AlmaWebhooks", "AcceptedFromAlma"): Evidence("an event of Alma was accepted", stranger=False),
    ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"): Evidence("SNS has lost a message", stranger=False),
    ("AlmaWebhooks", "SignedNotFound"): Evidence("somebody sent a header in the format of a signature", stranger=True),
    ("AlmaWebhooks", "RetiredProfileRequests"): Evidence("somebody requested a retired profile", stranger=True),
    ("AWS/ApiGateway", "5xx"): Evidence("a request failed; Alma retries its own", stranger=True),
    ("AWS/ApiGateway", "Latency"): Evidence("a request took long", stranger=True),
    ("AWS/Lambda", "Errors"): Evidence("a run failed; each retry of an event is one", stranger=True),
    ("AWS/Lambda", "Throttles"): Evidence("Lambda had no environment left", stranger=True),
    ("AWS/Lambda", "Duration"): Evidence("a run took long", stranger=True),
}


def metrics(name: str) -> set[Metric]:
    """Return the metrics that an alarm reads."""
    found = set()
    for metric in watched(ALARMS[name]):
        namespace = metric["Namespace"]
        text = namespace if isinstance(namespace, str) else namespace["Fn::Sub"]
        found.add((text.removesuffix("/${AWS::StackName}"), metric["MetricName"]))
    return found


def is_caused_by_strangers(name: str) -> bool:
    """Return whether a stranger alone can cause an alarm, because unsigned requests change one of its metrics."""
    return any(EVIDENCE[metric].stranger for metric in metrics(name))


def terms() -> list[list[str]]:
    """Return the terms of the rule of the page; in each term all alarms must be in ALARM."""
    return [re.findall(r'ALARM\("\$\{(\w+)\}"\)', term) for term in RULE.split(" OR ")]


def test_f67_conditions_that_lose_events_page() -> None:
    """Dead letters, a missing heartbeat, a stalled processor, lasting 429, and lasting 401 during silence page."""
    assert terms() == [
        ["DeadLetters"],
        ["HeartbeatMissing"],
        ["ProcessorStalled"],
        ["SustainedThrottledRequests"],
        ["SustainedInvalidSignatures", "Silence"],
    ]
    assert RULE.endswith(' OR (ALARM("${SustainedInvalidSignatures}") AND ALARM("${Silence}"))')
    assert set(re.sub(r'ALARM\("\$\{\w+\}"\)', "x", RULE)) <= set("x OR AND ()")


def test_f67_unsigned_requests_alone_never_page() -> None:
    """Each term of the page has an alarm that strangers cannot cause."""
    for term in terms():
        assert not all(is_caused_by_strangers(name) for name in term), term
    paging = {name for name, alarm in ALARMS.items() if alarm["AlarmDescription"].startswith("Page.")}
    alone = {name for term in terms() if len(term) == 1 for name in term}
    assert paging == {"Page", *alone, "FailedRedrivesloancreated", "FailedRedrivesheartbeat"}
    assert not any(is_caused_by_strangers(name) for name in paging - {"Page"})


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_f67_failed_runs_alone_never_page(metric: str) -> None:
    """Errors, throttles and durations of Lambda are tickets, because every retry of an event counts as one."""
    tickets = {name for name in ALARMS if name != "Page" and ("AWS/Lambda", metric) in metrics(name)}
    assert tickets
    assert not tickets & {name for term in terms() for name in term}
    assert all(ALARMS[name]["AlarmDescription"].startswith("Ticket.") for name in tickets)


@pytest.mark.parametrize(
    "name",
    [
        "ServerErrors",
        "SustainedInvalidSignatures",
        "InvalidSignatures",
        "SignedNotFound",
        "RetiredProfile",
        "Silence",
        "ProfileSilencealma",
    ],
)
def test_f67_alarms_that_strangers_or_holidays_cause_are_tickets(name: str) -> None:
    """An alarm that a stranger or a quiet day can cause is a ticket, and its description says so."""
    assert ALARMS[name]["AlarmDescription"].startswith("Ticket.")
    assert [name] not in terms()


def test_f67_a_processor_that_cannot_start_pages() -> None:
    """The alarm on a stalled processor pages if events wait while neither an outcome nor a retry is logged."""
    alarm = ALARMS["ProcessorStalled"]
    assert metrics("ProcessorStalled") == {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AlmaWebhooks", "Handled"),
    }
    periods = {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one}
    assert (periods, alarm["DatapointsToAlarm"]) == ({60}, 15)
    assert alarm["EvaluationPeriods"] > alarm["DatapointsToAlarm"]  # the newest point of one metric may be late
    filtered = RESOURCES["HandledFilter"]["Properties"]
    assert filtered["FilterPattern"] == '{ ($.message = "outcome") || ($.message = "retry") }'


def test_f67_each_profile_has_its_own_silence_alarm() -> None:
    """Each profile has an alarm on its own metric of accepted events."""
    for profile in PROFILES:
        alarm = ALARMS[f"ProfileSilence{profile}"]
        values = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        assert values == {"Stage": {"Ref": "Stage"}, "Profile": profile}
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AlmaWebhooks", "Accepted")
        assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_f67_every_metric_of_a_page_has_its_evidence() -> None:
    """Every metric of a paging alarm is in the table of evidence."""
    for name in {part for term in terms() for part in term}:
        assert metrics(name) <= set(EVIDENCE)
