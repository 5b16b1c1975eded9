"""Deploying stacks: the change sets, their order, and what is rejected. CloudFormation is stubbed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import stack_deployer
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSet
from scripts.deploy.existing import check_state
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import StackDeployer, tag_buckets
from scripts.deploy.stack_part import StackPart
from tests.scripts.deploy.stacks import (
    ID,
    SET,
    add_change_set,
    add_discarded,
    add_events,
    add_execution,
    add_missing,
    add_unchanged,
    asked,
    change,
    described,
    event,
    mark_of,
    tags_of,
)

PLACE = Place("stack", "123456789012", "us-east-1")
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Metadata: {Mark: {product: alma-webhooks, part: pipeline}}
Parameters: {Stage: {Type: String}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties: {QueueName: !Sub "${AWS::StackName}-webhooks", VisibilityTimeout: 7}
"""
STAGE = [{"ParameterKey": "Stage", "ParameterValue": "dev"}]
ADDED = change("Add", "AWS::SQS::Queue", "Queue")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.aws.stack.time.sleep", lambda _: None)


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


class Upbringing:
    """A deployment of the small template, with all that it said and showed."""

    def __init__(self, aws: Aws, folder: Path) -> None:
        self.shown: list[ChangeSet] = []
        self.said: list[str] = []
        self.slept: list[float] = []
        template = folder / "template.yaml"
        template.write_text(TEMPLATE)
        self.part = StackPart("", template)
        artefacts = Artefacts(aws, PLACE.account, PLACE.region)
        self.run_of = StackDeployer(
            aws, artefacts, PLACE, {"Stage": "dev"}, self.shown.append, self.said.append, sleep=self.slept.append
        )

    def run(self, **more: Any) -> list[stack_deployer.StackResult]:
        return self.run_of._replace(**more).run((self.part,))


@pytest.fixture
def upbringing(aws: Aws, tmp_path: Path) -> Upbringing:
    return Upbringing(aws, tmp_path)


def test_a_new_stack_is_created(stub: Stubber, upbringing: Upbringing) -> None:
    """Shown first, then made; the outputs are read once it is up."""
    add_missing(stub)
    add_change_set(stub, ADDED, expected=asked("CREATE", Parameters=STAGE))
    add_execution(stub, "CREATE_COMPLETE")
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"ApiId": "1"}))
    [done] = upbringing.run()
    assert (done.name, done.outputs) == ("stack", {"Mark": mark_of(), "ApiId": "1"})
    assert [shown.changes for shown in upbringing.shown] == [done.changes]


def test_f52_what_was_left_is_taken_up_before_the_rest_is_made(aws: Aws, stub: Stubber, upbringing: Upbringing) -> None:
    """Two change sets, both shown: an import, and an update with the parameters."""
    url = aws.sqs.create_queue(QueueName="stack-webhooks", tags=tags_of("stack"))["QueueUrl"]
    taken_up = {
        "ResourceType": "AWS::SQS::Queue",
        "LogicalResourceId": "Queue",
        "ResourceIdentifier": {"QueueUrl": url},
    }
    add_missing(stub)
    expected = asked("IMPORT", Parameters=[], ResourcesToImport=[taken_up])
    add_change_set(stub, change("Import", "AWS::SQS::Queue", "Queue"), expected=expected)
    add_execution(stub, "IMPORT_COMPLETE")
    add_change_set(
        stub,
        change("Modify", "AWS::SQS::Queue", "Queue", Replacement="False"),
        expected=asked("UPDATE", Parameters=STAGE),
    )
    add_execution(stub, "UPDATE_COMPLETE")
    stub.add_response("describe_stacks", described("UPDATE_COMPLETE", {"ApiId": "1"}))
    [done] = upbringing.run()
    assert [each.action for each in done.changes] == ["import", "change"]
    assert [shown.request.kind for shown in upbringing.shown] == ["IMPORT", "UPDATE"]


def test_nothing_to_change_is_not_shown(stub: Stubber, upbringing: Upbringing) -> None:
    """Nobody is asked about nothing."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", Stage="dev"))
    add_unchanged(stub)
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"ApiId": "1"}))
    [done] = upbringing.run()
    assert (done.changes, upbringing.shown) == ([], [])


def test_what_is_not_approved_is_taken_back(stub: Stubber, upbringing: Upbringing) -> None:
    """The change set, and the empty stack that it made."""
    add_missing(stub)
    add_change_set(stub, ADDED)
    add_discarded(stub)

    def refuse(_: ChangeSet) -> None:
        raise RejectedError("no")

    with pytest.raises(RejectedError, match="no"):
        upbringing.run(approve=refuse)


@pytest.mark.parametrize("how", [{"Action": "Remove"}, {"Action": "Modify", "Replacement": "True"}])
def test_f52_a_queue_is_not_given_up_unasked(how: dict[str, str], stub: Stubber, upbringing: Upbringing) -> None:
    """Refused before anybody is asked, with what would be lost; the change set is taken back."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE"))
    add_change_set(stub, change(kind="AWS::SQS::Queue", name="Queue", action=how["Action"], **_rest(how)))
    stub.add_response("delete_change_set", {}, SET)
    with pytest.raises(
        RejectedError, match=r"abandoned: (replace|remove) Queue \(its events would stay .* --abandon-data"
    ):
        upbringing.run()
    assert upbringing.shown == []


def test_who_says_so_gives_a_queue_up(stub: Stubber, upbringing: Upbringing) -> None:
    """It is still shown."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE"))
    add_change_set(stub, change("Remove", "AWS::SQS::Queue", "Queue"))
    add_execution(stub, "UPDATE_COMPLETE")
    stub.add_response("describe_stacks", described("UPDATE_COMPLETE", {"ApiId": "1"}))
    upbringing.run(abandon_data=True)
    assert len(upbringing.shown) == 1


def test_a_stack_that_never_came_up_is_made_anew(stub: Stubber, upbringing: Upbringing) -> None:
    """Deleted, and made when SQS lets the queue's name be used again, 60 s after its deletion."""
    now = datetime.now(UTC)
    stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
    stub.add_response("get_template", {"TemplateBody": TEMPLATE}, {"StackName": ID, "TemplateStage": "Original"})
    add_events(stub)
    stub.add_response("delete_stack", {}, {"StackName": "stack"})
    stub.add_response("describe_stacks", described("DELETE_COMPLETE"), {"StackName": ID})
    add_events(stub, event("stack", "DELETE_COMPLETE"))
    gone = event("Queue", "DELETE_COMPLETE", ResourceType="AWS::SQS::Queue")
    date = {"HTTPHeaders": {"date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}}
    events = [gone | {"Timestamp": now.replace(microsecond=0) - timedelta(seconds=20)}]
    stub.add_response("describe_stack_events", {"StackEvents": events, "ResponseMetadata": date})
    add_change_set(stub, ADDED, expected=asked("CREATE"))
    add_execution(stub, "CREATE_COMPLETE")
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"ApiId": "1"}))
    upbringing.run()
    assert upbringing.slept == [41.0]
    assert upbringing.said[0].startswith("stack stack: ROLLBACK_COMPLETE, so it was never created")


def test_f55_a_foreign_stack_is_rejected_before_a_change_set_is_made(stub: Stubber, upbringing: Upbringing) -> None:
    """By `run` on an emulator too; a foreign one that never came up is not deleted."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"Mark": "", "Url": "x"}))
    with pytest.raises(RejectedError, match=r"^Stack stack does not carry the mark of alma-webhooks"):
        upbringing.run()
    stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
    stub.add_response("get_template", {"TemplateBody": "Resources: {}"})
    with pytest.raises(RejectedError, match=r"^Stack stack does not carry the mark of alma-webhooks"):
        upbringing.run()
    assert (upbringing.shown, upbringing.said) == ([], [])


LOOPED = """
Transform: AWS::LanguageExtensions
Parameters: {Stage: {Type: String}, Topics: {Type: CommaDelimitedList, Default: x}}
Resources:
  Fn::ForEach::Topics: [Name, !Ref Topics, {"Topic&{Name}": {Type: "AWS::SNS::Topic"}}]
Outputs:
  Topics: {Value: !Join [",", !Ref Topics]}
"""


@pytest.mark.parametrize(
    ("chosen", "before", "sent"),
    [({"Topics": "a-b,c"}, "d", "a-b,c"), ({"Topics": ""}, "a", ""), ({}, "a", "x"), ({}, None, "x")],
)
def test_loops_are_sent_expanded_over_the_list_in_force(
    chosen: dict[str, str], before: str | None, sent: str, stub: Stubber, upbringing: Upbringing
) -> None:
    """The chosen one, else the default, and never that of the stack; it is not a parameter of what is sent."""
    upbringing.part.template.write_text(LOOPED)
    outputs = None if before is None else {"Topics": before}
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", outputs, Stage="dev"))
    topics = {f"Topic{name.replace('-', '')}": {"Type": "AWS::SNS::Topic"} for name in sent.split(",") if name}
    expected = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": topics,
        "Outputs": {"Topics": {"Value": sent}},
    }
    add_change_set(
        stub,
        ADDED,
        expected=asked("UPDATE", Parameters=STAGE, TemplateBody=json.dumps(expected, separators=(",", ":"))),
    )
    add_execution(stub, "UPDATE_COMPLETE")
    stub.add_response("describe_stacks", described("UPDATE_COMPLETE", {"ApiId": "1"}))
    upbringing.run(values={"Stage": "dev", **chosen})


def test_a_later_stack_gets_the_first_ones_outputs(stub: Stubber, upbringing: Upbringing, tmp_path: Path) -> None:
    """Whichever of its parameters is called like one of them, also where the user chose the first one's parameter."""
    later = tmp_path / "later.yaml"
    later.write_text("Parameters: {ApiId: {Type: String}, Other: {Type: String}}\nResources: {}\n")
    stub.add_response("describe_stacks", described("CREATE_COMPLETE"))
    add_unchanged(stub)
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"ApiId": "1", "QueueUrl": "2"}))
    add_missing(stub)
    expected = asked("CREATE", StackName="stack-later", Parameters=[{"ParameterKey": "ApiId", "ParameterValue": "1"}])
    add_change_set(stub, ADDED, expected=expected)
    add_execution(stub, "CREATE_COMPLETE")
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"X": "1"}))
    chosen = upbringing.run_of._replace(values={**upbringing.run_of.values, "ApiId": "chosen"})
    done = chosen.run((upbringing.part, StackPart("-later", later)))
    assert [each.name for each in done] == ["stack", "stack-later"]


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"])
def test_a_stack_that_cannot_be_changed_is_refused(status: str) -> None:
    """Its state is named."""
    with pytest.raises(RejectedError, match=f"Stack s is.*{status}"):
        check_state("s", status)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_can_be_changed_is_not_refused(status: str) -> None:
    """One that never came up can be, too."""
    check_state("s", status)


def _rest(how: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in how.items() if key != "Action"}


def test_a_kept_bucket_of_the_emulator_gets_the_tags_of_the_mark(aws: Aws) -> None:
    """Without them the next stack of the name would not take it up."""
    bucket = "stack-123456789012-us-east-1"
    aws.s3.create_bucket(Bucket=bucket)
    tag_buckets(aws, load(), Place("stack", "123456789012", "us-east-1"))
    found = aws.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == tags_of("stack")
