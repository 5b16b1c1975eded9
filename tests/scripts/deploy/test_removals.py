"""Removals by a deployment: each kind is named, rejected without its flag, and allowed with it."""

import pytest

from scripts.aws.alarm_tiers import AlarmTier
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.deploy.removal_kinds import Before, of_alarms, of_parameters, resource_names
from scripts.deploy.removals import Removal, Removals
from tests.scripts.deploy.test_removal_kinds import NARROWED, TEMPLATES, before, gone


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


def test_f56_a_narrowed_route_is_named_as_such() -> None:
    """The sentence says what is removed and what is narrowed, and has the flags for both."""
    narrowed = Removal("route", "loans", "it has an if now", is_narrowing=True)
    found = (narrowed, Removal("topic", "returns", ""), Removal("topic", "others", "x"))
    with pytest.raises(RejectedError) as rejected:
        Removals(found).check()
    assert str(rejected.value) == (
        "Nothing was changed, because this deployment removes topic returns; topic others: x, and narrows route loans: "
        "it has an if now. To allow that, add --allow-removal loans --allow-removal returns --allow-removal others."
    )
    with pytest.raises(RejectedError, match="because this deployment narrows route loans"):
        Removals(found[:1]).check()


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
