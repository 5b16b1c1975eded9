"""Removals by a deployment: each kind is named, rejected without its flag, and allowed with it."""

from typing import Any

import pytest

from processor.routing.models import Route
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import load
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import stack_deployer
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.deploy.plan import not_chosen
from scripts.deploy.removals import (
    Before,
    Removal,
    Removals,
    of_alarms,
    of_parameters,
    of_routes,
    of_state_machines,
    resource_names,
)

TEMPLATES: list[dict[str, Any]] = [load(part.template) for part in stack_deployer.PARTS]
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


def of(chosen: dict[str, str], *allowed: str) -> Removals:
    return Removals(tuple(of_parameters(TEMPLATES, chosen, before())), frozenset(allowed), resource_names(before()))


@pytest.mark.parametrize("parameter", NARROWED)
def test_f56_each_kind_of_removal_is_rejected_without_its_flag_and_allowed_with_it(parameter: str) -> None:
    """The error names the removal and the flag, and the flag allows it."""
    value, named = NARROWED[parameter]
    assert gone({parameter: value}) == named
    name = named[0].split(" ", 1)[1]
    with pytest.raises(RejectedError, match=r"^Nothing was changed, because this deployment removes ") as rejected:
        of({parameter: value}).check()
    assert str(rejected.value).endswith(f"add --allow-removal {name}.")
    with pytest.raises(RejectedError):
        of({parameter: value}, "another").check()
    of({parameter: value}, name).check()


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
        (0, "0 subscriptions are deleted with it"),
        (1, "1 subscription is deleted with it"),
        (7, "7 subscriptions are deleted with it"),
        (None, "all its subscriptions are deleted with it"),
    ],
)
def test_f56_a_topic_is_named_with_its_subscriptions(count: int | None, text: str) -> None:
    """What goes with it is what it is worth."""
    [removal] = of_parameters(TEMPLATES, {"Topics": "others"}, before(count))
    assert str(removal) == f"topic loans: {text}"


def route(name: str, *topics: str) -> Route:
    return Route.model_validate({"name": name, "deliver": [{"topic": topic} for topic in topics or ("t",)]})


def test_f56_routes_that_go_away_are_named() -> None:
    """By name, in the deployed order, and those that deliver less."""
    found = of_routes([route("a"), route("b"), route("c", "t", "u")], [route("c", "u"), route("b"), route("d")])
    assert [str(each) for each in found] == [
        "route a: its events are ignored unless another route matches",
        "route c: it is narrowed: it no longer delivers to topic:t",
    ]


def test_f56_state_machines_that_are_not_started_any_more_are_named() -> None:
    """Also one whose name stands for another ARN now."""
    found = of_state_machines(
        {"pod": "arn:a", "timdex": "arn:b", "bursar": "arn:c"}, {"pod": "arn:a", "bursar": "arn:d"}
    )
    assert [str(each) for each in found] == [
        "state machine timdex: events no longer start it",
        "state machine bursar: events start arn:d instead",
    ]


def test_f56_a_lower_tier_of_alarms_needs_its_flag() -> None:
    """The error names both tiers and both flags. Once allowed, the topic of the alarms may go with them."""
    found = Removals(tuple(of_alarms(AlarmTier.full, AlarmTier.none)))
    with pytest.raises(RejectedError) as rejected:
        found.check()
    assert str(rejected.value) == (
        "Nothing was changed, because this deployment removes alarms: the tier full becomes none, without all of its "
        "alarms and the subscriptions to them (to keep them: alarms: full in alma-webhooks.yaml). To allow that, add "
        "--allow-removal alarms."
    )
    allowed = found._replace(allowed=frozenset({"alarms"}))
    allowed.check()
    for kind, name in (("AWS::SNS::Topic", "AlarmTopic"), ("AWS::SNS::Subscription", "AlarmSubscription")):
        allowed.check_change_set(change_set("remove", kind, name))
    with pytest.raises(RejectedError):
        allowed.check_change_set(change_set("remove", "AWS::SNS::Topic", "Topicloans"))


@pytest.mark.parametrize("tier", AlarmTier)
def test_a_higher_tier_of_alarms_removes_nothing(tier: AlarmTier) -> None:
    """The same tier does not either."""
    assert of_alarms(AlarmTier.none, tier) == of_alarms(tier, tier) == of_alarms(tier, AlarmTier.full) == []


def test_a_name_that_two_kinds_share_needs_its_kind() -> None:
    """The plain name could be meant for one of them; the sentence prints the flags for both."""
    found = (Removal("topic", "loans", "x"), Removal("route", "loans", "y"))
    with pytest.raises(RejectedError, match="--allow-removal topic:loans --allow-removal route:loans"):
        Removals(found, frozenset({"loans"})).check()
    with pytest.raises(RejectedError, match=r"removes route loans: y\. .* add --allow-removal route:loans\.$"):
        Removals(found, frozenset({"topic:loans"})).check()
    Removals(found, frozenset({"topic:loans", "route:loans"})).check()
    Removals(found[:1], frozenset({"topic:loans"})).check()


def test_a_flag_that_allows_nothing_is_noticed() -> None:
    """A misspelt name, or one of an earlier deployment."""
    assert of({"Profiles": "consortium"}, "profile:alma", "almma").unused == ["almma"]


def change_set(action: str, kind: str, name: str) -> ChangeSet:
    return ChangeSet("set", "id", ChangeSetRequest("stack", "UPDATE", {}, [], []), [ResourceChange(action, kind, name)])


@pytest.mark.parametrize(
    ("kind", "logical", "name"),
    [
        ("AWS::SNS::Topic", "Topicloans", "loans"),
        ("AWS::SNS::Topic", "AlarmTopic", "AlarmTopic"),
        ("AWS::ApiGatewayV2::DomainName", "Domain", "hooks.example"),
        ("AWS::SNS::Subscription", "AlarmSubscription", "library@example.org"),
    ],
)
@pytest.mark.parametrize("action", ["remove", "replace", "may replace"])
def test_f56_what_the_template_takes_away_needs_its_flag_too(action: str, kind: str, logical: str, name: str) -> None:
    """A change set that removes or replaces what has subscribers or an address, whichever parameter did not say so."""
    changes = change_set(action, kind, logical)
    with pytest.raises(RejectedError, match=f"Nothing was changed in stack stack, .* --allow-removal {name}"):
        of({}).check_change_set(changes)
    of({}, name).check_change_set(changes)
    of({}).check_change_set(change_set("change", kind, logical))
    of({}).check_change_set(change_set(action, "AWS::CloudWatch::Alarm", logical))


@pytest.mark.parametrize("kind", ["AWS::ApiGatewayV2::DomainName", "AWS::SNS::Subscription"])
def test_an_address_that_was_not_there_is_not_taken_away(kind: str) -> None:
    """A change set can list a resource as replaced whose condition did not hold before."""
    Removals().check_change_set(change_set("may replace", kind, "AlarmSubscription"))


def test_f56_what_was_allowed_as_a_parameter_is_not_asked_for_again() -> None:
    """The change set shows the same removal by its logical id, hyphens aside."""
    found = Before({"Topics": "loan-created,others"}, lambda _: 0)
    removals = of_parameters(TEMPLATES, {"Topics": "others"}, found)
    allowed = Removals(tuple(removals), frozenset({"loan-created"}), resource_names(found))
    allowed.check()
    allowed.check_change_set(change_set("remove", "AWS::SNS::Topic", "Topicloancreated"))
