"""What pages, and on whose evidence: nothing that a stranger brings about alone, nothing that is repeated anyway."""

import re
from typing import Final, NamedTuple

import pytest

from tests.infra.observability_alarms import PROFILES, alarms, resources, watched

ALARMS = alarms(["loan-created", "heartbeat"])
RESOURCES = resources(["loan-created", "heartbeat"])
RULE: Final = ALARMS["Page"]["AlarmRule"]["Fn::Sub"]

Metric = tuple[str, str]
"""Namespace, without the stack's name, and metric."""


class Evidence(NamedTuple):
    """What a metric shows. `stranger`: someone who knows the webhook URL but no secret can cause it."""

    what: str
    stranger: bool


EVIDENCE: Final[dict[Metric, Evidence]] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): Evidence("signed events are on a queue", stranger=False),
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): Evidence("signed events are being handled", stranger=False),
    ("AlmaWebhooks", "Handled"): Evidence("the processor brought an event to an outcome or a retry", stranger=False),
    ("AWS/SNS", "NumberOfMessagesPublished"): Evidence("the stack's own signed event came out", stranger=False),
    # Of a stranger's requests it takes a flood above the throttle, and that is a loss of Alma's events by itself.
    ("AlmaWebhooks", "ThrottledRequests"): Evidence("the gateway is losing requests, Alma's included", stranger=False),
    ("AlmaWebhooks", "InvalidSignatures"): Evidence("somebody sent a wrong signature", stranger=True),
    ("AlmaWebhooks", "AcceptedFromAlma"): Evidence("an event of Alma's was accepted", stranger=False),
    ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"): Evidence("SNS has lost a message", stranger=False),
    ("AlmaWebhooks", "SignedNotFound"): Evidence("somebody sent a header with the form of a signature", stranger=True),
    ("AlmaWebhooks", "RetiredProfileRequests"): Evidence("somebody asked for a profile taken away", stranger=True),
    ("AWS/ApiGateway", "5xx"): Evidence("a request was not answered well; Alma repeats its own", stranger=True),
    ("AWS/ApiGateway", "Latency"): Evidence("a request took long", stranger=True),
    ("AWS/Lambda", "Errors"): Evidence("a run failed; each retry of an event is one", stranger=True),
    ("AWS/Lambda", "Throttles"): Evidence("Lambda had no environment left", stranger=True),
    ("AWS/Lambda", "Duration"): Evidence("a run took long", stranger=True),
}


def metrics(name: str) -> set[Metric]:
    """What an alarm reads."""
    found = set()
    for metric in watched(ALARMS[name]):
        namespace = metric["Namespace"]
        text = namespace if isinstance(namespace, str) else namespace["Fn::Sub"]
        found.add((text.removesuffix("/${AWS::StackName}"), metric["MetricName"]))
    return found


def strangers(name: str) -> bool:
    """Whether a stranger alone can make an alarm ring: by any metric of it that unsigned requests move."""
    return any(EVIDENCE[metric].stranger for metric in metrics(name))


def terms() -> list[list[str]]:
    """The page's rule: any of these, each of which is several alarms at a time."""
    return [re.findall(r'ALARM\("\$\{(\w+)\}"\)', term) for term in RULE.split(" OR ")]


def test_f67_the_page_is_made_of_what_loses_events_now() -> None:
    """Dead letters, no heartbeat, a processor that does nothing, 429, and 401 while nothing of Alma's is accepted."""
    assert terms() == [
        ["DeadLetters"],
        ["HeartbeatMissing"],
        ["ProcessorStalled"],
        ["SustainedThrottledRequests"],
        ["SustainedInvalidSignatures", "Silence"],
    ]
    assert RULE.endswith(' OR (ALARM("${SustainedInvalidSignatures}") AND ALARM("${Silence}"))')
    assert set(re.sub(r'ALARM\("\$\{\w+\}"\)', "x", RULE)) <= set("x OR AND ()")


def test_f67_no_page_rings_by_unsigned_requests_alone() -> None:
    """Each of the page's terms has an alarm that no stranger moves."""
    for term in terms():
        assert not all(strangers(name) for name in term), term
    paging = {name for name, alarm in ALARMS.items() if alarm["AlarmDescription"].startswith("Page.")}
    alone = {name for term in terms() if len(term) == 1 for name in term}
    assert paging == {"Page", *alone, "FailedRedrivesloancreated", "FailedRedrivesheartbeat"}
    assert not any(strangers(name) for name in paging - {"Page"})


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_f67_runs_that_fail_page_nobody_alone(metric: str) -> None:
    """A hundred transient retries are a hundred errors of Lambda's, and every event comes out."""
    watching = {name for name in ALARMS if name != "Page" and ("AWS/Lambda", metric) in metrics(name)}
    assert watching
    assert not watching & {name for term in terms() for name in term}
    assert all(ALARMS[name]["AlarmDescription"].startswith("Ticket.") for name in watching)


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
def test_f67_what_a_stranger_can_make_or_a_holiday_is_a_ticket(name: str) -> None:
    """It waits until the morning, and its description says so."""
    assert ALARMS[name]["AlarmDescription"].startswith("Ticket.")
    assert [name] not in terms()


def test_f67_a_processor_that_cannot_start_pages() -> None:
    """It receives and ends before its first line: events are seen to wait, and neither outcome nor retry is logged."""
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


def test_f67_each_profile_has_its_own_silence() -> None:
    """By ingest's metric of that profile, which the sum of all profiles hides."""
    for profile in PROFILES:
        alarm = ALARMS[f"ProfileSilence{profile}"]
        values = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        assert values == {"Stage": {"Ref": "Stage"}, "Profile": profile}
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AlmaWebhooks", "Accepted")
        assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_f67_every_page_is_judged_by_the_table() -> None:
    """A metric that is added to a page has to be given its evidence here."""
    for name in {part for term in terms() for part in term}:
        assert metrics(name) <= set(EVIDENCE)
