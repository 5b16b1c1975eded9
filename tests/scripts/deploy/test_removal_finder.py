"""What is compared: both stacks as they are, the stored routes, the topics' subscriptions."""

import pytest

from scripts.aws.clients import Aws
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy import removal_finder
from scripts.deploy.desired import DesiredStack, desired
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.project.folder import example
from scripts.routes.judged_routes import RoutesFileCopy
from tests.scripts.deploy.stacks import described

DEPLOYED = """
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: gone, fallback: true, deliver: [{topic: other}]}
"""
PREFIX = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-"


def put_routes(aws: Aws, text: str) -> dict[str, str]:
    """A stored routes file; the outputs of a stack that runs it."""
    aws.s3.create_bucket(Bucket="code")
    stored = RoutesFileCopy(text.encode())
    aws.s3.put_object(Bucket="code", Key=stored.key, Body=stored.content)
    return {"CodeBucket": "code", "RoutesDigest": stored.digest}


TEMPLATES = [load(PIPELINE), load(OBSERVABILITY)]


def wanted(values: dict[str, str]) -> DesiredStack:
    """What the shipped project wants, with these parameters instead of its own."""
    place = Place("alma-webhooks-dev", "123456789012", "us-east-1")
    found = desired(example(), "dev", place, TEMPLATES, {}, None)
    return found._replace(values={"Topics": "one,two"} | values, state_machines=())


def find(aws: Aws, chosen: dict[str, str], **outputs: str) -> Removals:
    pipeline = described("CREATE_COMPLETE", {"Topics": "one,two", "TopicArnPrefix": PREFIX} | outputs)
    beside = described("CREATE_COMPLETE", {"AlarmTopicArn": "x"}, AlarmEmail="library@example.org")
    stacks = [found["Stacks"][0] for found in (pipeline, beside)]
    return removal_finder.find(aws, stacks, TEMPLATES, wanted(chosen), ())


def test_f56_removals_of_both_stacks_and_of_the_routes_are_found(aws: Aws) -> None:
    """A topic with its subscriptions, an address of the stack of alarms, a route that the new file does not have."""
    topic = aws.sns.create_topic(Name="alma-webhooks-dev-two")["TopicArn"]
    for number in range(3):
        aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"library-{number}@example.org")
    found = find(aws, {"Topics": "one"}, **put_routes(aws, DEPLOYED), StateMachineArns='{"pod": "arn:pod"}')
    assert [str(each) for each in found.found] == [
        "topic two: 3 subscriptions are deleted with it",
        "alarm address library@example.org: it no longer gets alarms",
        "alarms: the tier full becomes essential, without some of its alarms (to keep them: alarms: full in "
        "alma-webhooks.yaml)",
        "state machine pod: events no longer start it",
        "route gone: its events are ignored unless another route matches",
    ]
    assert (found.notes, found.names["AlarmSubscription"]) == ((), "library@example.org")


@pytest.mark.parametrize(
    ("outputs", "chosen", "lost"),
    [
        ({}, {}, "the tier full becomes essential, without some of its alarms"),
        ({}, {"Alarms": "full"}, ""),
        ({"Alarms": "full"}, {"Alarms": "essential"}, "the tier full becomes essential, without some of its alarms"),
        ({"Alarms": "essential"}, {"Alarms": "essential"}, ""),
        ({"Alarms": "essential"}, {"Alarms": "full"}, ""),
        ({"Alarms": "none"}, {"Alarms": "essential"}, ""),
        ({"Alarms": "essential"}, {"Alarms": "none"}, "the tier essential becomes none, without all of its alarms and"),
    ],
)
def test_a_lower_tier_of_alarms_is_a_removal(
    outputs: dict[str, str], chosen: dict[str, str], lost: str, aws: Aws
) -> None:
    """A stack without the output is older than the tiers and has all alarms."""
    found = [each for each in find(aws, chosen, **outputs).found if each.kind == "alarms"]
    assert [(each.name, each.effect.startswith(lost)) for each in found] == ([("alarms", True)] if lost else [])


def test_a_pipeline_without_its_observability_stack_loses_no_alarms(aws: Aws) -> None:
    """Its tier makes no difference then."""
    [pipeline] = described("CREATE_COMPLETE", {"Alarms": "full"}, Profiles="alma")["Stacks"]
    chosen = wanted({"Alarms": "none", "Profiles": "alma"})
    assert removal_finder.find(aws, [pipeline, None], TEMPLATES, chosen, ()).found == ()


def test_deployed_routes_that_cannot_be_read_are_said_so(aws: Aws) -> None:
    """An invalid file, a deleted one and none: a note says that removed routes are not shown."""
    note = ("the deployed routes cannot be read, so removed routes are not shown",)
    assert find(aws, {}, **put_routes(aws, "routes: 1\n")).notes == note
    assert find(aws, {}, CodeBucket="code", RoutesDigest="0" * 64).notes == note
    assert find(aws, {}).notes == note


def test_a_stack_that_was_never_up_loses_nothing(aws: Aws) -> None:
    """One that is not there, and one whose first deployment failed, which has no outputs."""
    stacks = [None, described("ROLLBACK_COMPLETE", Profiles="alma")["Stacks"][0]]
    found = removal_finder.find(aws, stacks, TEMPLATES, wanted({"Profiles": "b"}), ("x",))
    assert found == Removals(allowed=frozenset({"x"}))


def test_f56_the_heartbeats_profile_does_not_go_away(aws: Aws) -> None:
    """It is in the output Profiles, which names all that is served, and in no parameter."""
    [pipeline] = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma,b"}, Profiles="alma,b")["Stacks"]
    found = removal_finder.find(aws, [pipeline, None], TEMPLATES, wanted({"Profiles": "b"}), ())
    assert [(each.kind, each.name) for each in found.found] == [("profile", "alma")]


def test_a_topic_that_is_not_there_has_no_subscription(aws: Aws) -> None:
    """Somebody deleted it by hand; with it they went."""
    assert removal_finder.subscriptions(aws, PREFIX + "gone") == 0
