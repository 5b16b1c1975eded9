"""What is compared: both stacks as they are, the routes in the deployed zip, the topics' subscriptions."""

import io
import zipfile
from pathlib import Path

import pytest

from scripts.deploy import removal_finder, subscriptions, zipped_routes
from scripts.deploy.aws import Aws
from scripts.deploy.check import ROUTES
from scripts.deploy.removals import Removals
from scripts.deploy.template import OBSERVABILITY, PIPELINE, load
from tests.scripts.deploy.stacks import described

DEPLOYED = """
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: gone, fallback: true, deliver: [{topic: other}]}
"""
PREFIX = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-"


def put_zip(aws: Aws, text: str | None) -> dict[str, str]:
    """A processor's zip with this routes file; the parameters of a stack that was deployed with it."""
    aws.s3.create_bucket(Bucket="code")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr("processor/__init__.py", "")
        if text is not None:
            made.writestr("processor/routes.yaml", text)
    aws.s3.put_object(Bucket="code", Key="processor.zip", Body=content.getvalue())
    return {"CodeBucket": "code", "ProcessorCodeKey": "processor.zip"}


def find(aws: Aws, chosen: dict[str, str], **parameters: str) -> Removals:
    pipeline = described("CREATE_COMPLETE", {"Topics": "one,two", "TopicArnPrefix": PREFIX}, **parameters)
    beside = described("CREATE_COMPLETE", {"AlarmTopicArn": "x"}, AlarmEmail="library@example.org")
    stacks = [found["Stacks"][0] for found in (pipeline, beside)]
    return removal_finder.find(aws, stacks, [load(PIPELINE), load(OBSERVABILITY)], chosen, ROUTES, ())


def test_f56_removals_of_both_stacks_and_of_the_routes_are_found(aws: Aws) -> None:
    """A topic with its subscriptions, an address of the stack of alarms, a route that the new file does not have."""
    topic = aws.sns.create_topic(Name="alma-webhooks-dev-two")["TopicArn"]
    for number in range(3):
        aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"library-{number}@example.org")
    found = find(aws, {"Topics": "one", "AlarmEmail": ""}, **put_zip(aws, DEPLOYED))
    assert [str(each) for each in found.found] == [
        "topic two: 3 subscriptions are deleted with it",
        "alarm address library@example.org: it gets no alarm any more",
        "route gone: its events are ignored, or taken by other routes only",
    ]
    assert (found.notes, found.names["AlarmSubscription"]) == ((), "library@example.org")


@pytest.mark.parametrize("text", [None, "routes: 1\n"])
def test_deployed_routes_that_cannot_be_read_are_said_so(aws: Aws, text: str | None) -> None:
    """No zip, a zip without the file, a file of another form: nobody shall believe that no route goes away."""
    note = ("the deployed routes cannot be read, so routes that go away are not shown",)
    assert find(aws, {}, **put_zip(aws, text)).notes == note
    assert find(aws, {}, CodeBucket="code", ProcessorCodeKey="another.zip").notes == note
    assert find(aws, {}).notes == note


def test_a_stack_that_was_never_up_loses_nothing(aws: Aws) -> None:
    """One that is not there, and one whose first deployment failed, which has no outputs."""
    stacks = [None, described("ROLLBACK_COMPLETE", Profiles="alma")["Stacks"][0]]
    found = removal_finder.find(aws, stacks, [load()], {"Profiles": "b"}, ROUTES, ("x",))
    assert found == Removals(allowed=frozenset({"x"}))


def test_the_shipped_routes_are_read_by_name() -> None:
    """The seam between a stored file and the new one."""
    assert "pod" in zipped_routes.names(Path(ROUTES).read_text("utf-8"))


def test_a_topic_that_is_not_there_has_no_subscription(aws: Aws) -> None:
    """Somebody deleted it by hand; with it they went."""
    assert subscriptions.count(aws, PREFIX + "gone") == 0
