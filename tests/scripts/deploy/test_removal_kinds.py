"""Removals by a deployment: what counts as one, and how it is named."""

from typing import Any

import pytest

from processor.routing.models import Route
from scripts.aws.alarm_tiers import AlarmTier
from scripts.deploy import stack_deployer
from scripts.deploy.desired import not_chosen
from scripts.deploy.removal_kinds import Before, of_alarms, of_parameters, of_routes, of_state_machines

TEMPLATES: list[dict[str, Any]] = [part.load() for part in stack_deployer.PARTS]
BEFORE = {
    "Profiles": "alma,consortium",
    "Topics": "loans,others",
    "DomainName": "hooks.example",
    "CertificateArn": "arn:certificate",
    "OverflowReaderArns": "arn:reader,arn:reader-2",
    "OutsideTopicArns": "arn:topic",
    "OutsideStateMachineArns": "arn:machine",
    "QueueArns": "arn:queue",
    "EventBusArns": "arn:bus",
    "FunctionArns": "arn:function",
    "AlarmEmail": "library@example.org",
    "SentryDsn": "****",
    "LogRetentionDays": "365",
}
# By parameter: a value that takes something away, and what that is.
NARROWED = {
    "Profiles": ("consortium", ["profile alma"]),
    "Topics": ("others", ["topic loans"]),
    "DomainName": ("", ["domain hooks.example"]),
    "OverflowReaderArns": ("arn:reader-2", ["reader arn:reader"]),
    "OutsideTopicArns": ("", ["target arn:topic"]),
    "OutsideStateMachineArns": ("arn:another", ["target arn:machine"]),
    "QueueArns": ("", ["target arn:queue"]),
    "EventBusArns": ("", ["target arn:bus"]),
    "FunctionArns": ("", ["target arn:function"]),
    "AlarmEmail": ("", ["address library@example.org"]),
    "SentryDsn": ("", ["setting SentryDsn"]),
    "LogRetentionDays": ("90", ["logs LogRetentionDays"]),
}


def before(subscriptions: int | None = 2) -> Before:
    return Before(BEFORE, lambda _topic: subscriptions)


def gone(chosen: dict[str, str]) -> list[str]:
    return [f"{each.kind} {each.name}" for each in of_parameters(TEMPLATES, chosen, before())]


def test_f56_every_parameter_that_means_exactly_these_is_compared() -> None:
    """A list, or an optional text that is empty by default: each is in the table above, so a new one is noticed."""
    optional = {
        name
        for template in TEMPLATES
        for name, rule in template["Parameters"].items()
        if rule["Type"] == "CommaDelimitedList" or (rule["Type"] == "String" and rule.get("Default") == "")
    }
    compared = optional - not_chosen(TEMPLATES) - {"CertificateArn", "PermissionsBoundaryArn"}
    assert compared == set(NARROWED) - {"LogRetentionDays", "Topics"}  # topics are those of the routes file


@pytest.mark.parametrize(
    "chosen",
    [
        {"Profiles": "consortium, alma,new"},
        {"Topics": "others,loans,more"},
        {"QueueArns": "arn:queue,arn:queue-2", "AlarmEmail": "library@example.org"},
        {"SentryDsn": "https://key@sentry.example/1"},  # AWS does not show the old one; it is most likely the same
        {"LogRetentionDays": "400"},
        {"CertificateArn": "arn:renewed"},
        {"Tracing": "PassThrough", "MaxReceiveCount": "9"},
    ],
)
def test_what_takes_nothing_away_is_not_named(chosen: dict[str, str]) -> None:
    """Another order, more of them, a longer time."""
    assert gone(chosen) == []


def test_what_is_replaced_goes_away_too() -> None:
    """A second address does not join the first, and URLs with the old domain end."""
    assert gone({"AlarmEmail": "new@example.org", "DomainName": "new.example"}) == [
        "address library@example.org",
        "domain hooks.example",
    ]


def test_f56_an_empty_list_takes_every_topic_away() -> None:
    """Their subscriptions go with them."""
    assert gone({"Topics": ""}) == ["topic loans", "topic others"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, ""),
        (1, ": 1 subscription is deleted with it"),
        (7, ": 7 subscriptions are deleted with it"),
        (None, ": all its subscriptions are deleted with it"),
    ],
)
def test_f56_a_topic_is_named_with_its_subscriptions(count: int | None, text: str) -> None:
    """What goes with it is what it is worth."""
    [removal] = of_parameters(TEMPLATES, {"Topics": "others"}, before(count))
    assert str(removal) == f"topic loans{text}"


def route(name: str, *topics: str) -> Route:
    return Route.model_validate({"name": name, "deliver": [{"topic": topic} for topic in topics or ("t",)]})


def test_f56_routes_that_go_away_are_named() -> None:
    """By name, in the deployed order, and those that deliver less."""
    found = of_routes([route("a"), route("b"), route("c", "t", "u")], [route("c", "u"), route("b"), route("d")])
    assert [str(each) for each in found] == [
        "route a: its events are ignored unless another route matches",
        "route c: it no longer delivers to topic:t",
    ]
    assert [each.is_narrowing for each in found] == [False, True]


def test_f56_state_machines_that_are_not_started_any_more_are_named() -> None:
    """Also one whose name stands for another ARN now."""
    found = of_state_machines(
        {"pod": "arn:a", "timdex": "arn:b", "bursar": "arn:c"}, {"pod": "arn:a", "bursar": "arn:d"}
    )
    assert [str(each) for each in found] == [
        "state machine timdex: events no longer start it",
        "state machine bursar: events start arn:d instead",
    ]


@pytest.mark.parametrize("tier", AlarmTier)
def test_a_higher_tier_of_alarms_removes_nothing(tier: AlarmTier) -> None:
    """The same tier does not either."""
    assert of_alarms(AlarmTier.none, tier) == of_alarms(tier, tier) == of_alarms(tier, AlarmTier.full) == []
