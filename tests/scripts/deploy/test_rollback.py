"""Which deployment a rollback restores, what it shows and sends, and when it is rejected. S3 is moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.address import Address, resolve
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.options import StackFlags, StageName
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.deploy.flags import RollbackOptions
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.records import DeploymentRecords
from scripts.deploy.retained import Place
from scripts.deploy.rollback import RollbackPlan, plan_rollback, restore
from scripts.deploy.service import DeployService
from scripts.deploy.stack_deployer import SentStack, StackDeployer, StackResult
from scripts.deploy.stack_part import PIPELINE_PART
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from scripts.routes.judged_routes import RoutesFileCopy
from tests.scripts.deploy.stacks import add_missing, described, mark_of

pytestmark = pytest.mark.usefixtures("no_policies")

PLACE = Place("stack", "123456789012", "us-east-1")
AT = datetime(2026, 5, 13, 2, 41, 11, tzinfo=UTC)
RULES: dict[str, Any] = {
    "SentryDsn": {"NoEcho": True},
    "VisibilityTimeout": {},
    "RoutesDigest": {},
    "IngestCodeKey": {},
}
OLD, NEW = (
    RoutesFileCopy(
        f"topics: [{name}]\nroutes:\n  - {{name: all, fallback: true, deliver: [{{topic: {name}}}]}}\n".encode()
    )
    for name in ("old", "new")
)


class Code:
    """A zip, as far as a rollback looks into it."""

    key, content = "ingest/1.zip", b"zip"


def sent(version: str, routes: RoutesFileCopy, visibility: str, dsn: str = "https://hidden") -> SentStack:
    """What a deployment sent, with a template of this version."""
    body = json.dumps({"Metadata": {"v": version}, "Parameters": RULES, "Resources": {}})
    values = {
        "SentryDsn": dsn,
        "VisibilityTimeout": visibility,
        "RoutesDigest": routes.digest,
        "IngestCodeKey": Code.key,
    }
    parameters: Any = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    return SentStack(body, tuple(parameters), {"Topics": "old" if routes is OLD else "new"})


NOTIFICATIONS = json.dumps({"Metadata": {"Mark": {"part": "notifications"}}, "Parameters": {}, "Resources": {}})
FIRST, SECOND = sent("1", OLD, "90"), sent("2", NEW, "120")


@pytest.fixture
def artefacts(aws: Aws) -> Artefacts:
    """Two recorded deployments, and what they used."""
    made = Artefacts(aws, PLACE.account, PLACE.region)
    made.upload([OLD, NEW, Code()])
    for number, each in enumerate((FIRST, SECOND)):
        at = AT + timedelta(hours=number)
        DeploymentRecords(made, "stack").store([StackResult("stack", [], {}, each)], "alma-webhooks", at)
    return made


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART,))
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", ())
    with Stubber(aws.cloudformation) as stub:
        yield stub


def stack_of(deployed: SentStack, sentry: str = "on") -> dict[str, Any]:
    """The stack after that deployment, as CloudFormation describes it."""
    values = {each["ParameterKey"]: each["ParameterValue"] for each in deployed.parameters}
    outputs = {"Sentry": sentry, "RoutesDigest": values["RoutesDigest"], **deployed.lists}
    outputs |= {"CodeBucket": "alma-webhooks-artefacts-123456789012-us-east-1", "QueueUrl": "q"}
    return described("UPDATE_COMPLETE", outputs, Stage="dev", **(values | {"SentryDsn": "****"}))


def address() -> Address:
    file = ProjectFile.model_validate({"schema": 1, "name": "alma-webhooks", "stages": {"dev": {}}})
    return resolve(StackFlags(stage=StageName.dev, stack="stack"), {}, Project(Path(), file, "--project"))


def plan(aws: Aws, stub: Stubber, deployed: SentStack, *allowed: str, sentry: str = "on") -> RollbackPlan:
    stub.add_response("describe_stacks", stack_of(deployed, sentry))
    for _ in range(2):  # to find the deployment, and for the differences
        stub.add_response("get_template", {"TemplateBody": deployed.template})
    return plan_rollback(aws, address(), RollbackOptions(allow_removal=allowed))


@pytest.mark.usefixtures("no_policies", "artefacts")
def test_the_deployment_before_the_last_is_restored_and_shown_by_name(aws: Aws, stub: Stubber) -> None:
    """Template, parameter, topic and route; the secret parameter keeps its value and does not appear."""
    planned = plan(aws, stub, SECOND, "new", "all")
    assert planned.record.time == "2026-05-13T02:41:11.000Z"
    shown = [str(each) for each in planned.differences]
    for line in (
        "update  parameter VisibilityTimeout: 120 → 90",
        "add     topic old",
        "remove  topic new",
        "update  route all: deliver",
        "update  template of the pipeline stack stack: no resource changes",
    ):
        assert line in shown
    assert "SentryDsn" not in "".join(shown)
    assert planned.as_data()["restored"] == {"time": "2026-05-13T02:41:11.000Z", "version": "0.1.0"}
    assert planned.without_secret == ["heartbeat"]


@pytest.mark.usefixtures("no_policies", "artefacts")
def test_after_a_rollback_or_a_failed_deployment_the_newest_other_one_is_restored(aws: Aws, stub: Stubber) -> None:
    """A second rollback undoes the first; a stack that is in between goes back to the last deployment."""
    assert plan(aws, stub, FIRST, "old", "all").record.time == "2026-05-13T03:41:11.000Z"
    between = sent("3", NEW, "100")
    assert plan(aws, stub, between).record.time == "2026-05-13T03:41:11.000Z"


@pytest.mark.usefixtures("no_policies", "artefacts")
def test_a_removal_needs_its_flag(aws: Aws, stub: Stubber) -> None:
    """As for a deployment."""
    with pytest.raises(RejectedError, match=r"removes topic new: .* add --allow-removal new"):
        plan(aws, stub, SECOND)


def test_what_was_deleted_from_the_bucket_cannot_be_restored(aws: Aws, stub: Stubber, artefacts: Artefacts) -> None:
    """The missing object is named, before anything changes."""
    aws.s3.delete_object(Bucket=artefacts.bucket, Key=Code.key)
    with pytest.raises(RejectedError, match=r"cannot be restored, because bucket .* no longer has ingest/1.zip"):
        plan(aws, stub, SECOND, "new")


def test_routes_that_this_version_cannot_read_are_said_so(aws: Aws, stub: Stubber, artefacts: Artefacts) -> None:
    """The version that deployed them can still deploy the older folder."""
    aws.s3.put_object(Bucket=artefacts.bucket, Key=OLD.key, Body=b"routes: 1\n")
    with pytest.raises(FailedError, match=r"cannot be read by this version: .* Install version 0.1.0"):
        plan(aws, stub, SECOND, "new")


def test_without_an_earlier_deployment_it_is_rejected(aws: Aws, stub: Stubber) -> None:
    """A stack that an older version deployed has no record."""
    with pytest.raises(RejectedError, match="no earlier deployment of this stack is recorded"):
        plan(aws, stub, SECOND)


def test_without_a_stack_there_is_nothing_to_roll_back(aws: Aws, stub: Stubber) -> None:
    """Exit 2 names where it was searched."""
    add_missing(stub)
    with pytest.raises(ConfigurationError, match="Stack stack not found in us-east-1"):
        plan_rollback(aws, address(), RollbackOptions())


@pytest.mark.usefixtures("no_policies", "artefacts")
def test_the_recorded_template_and_parameters_are_sent(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the secret parameter uses its previous value, and the record of the rollback says so."""
    planned = plan(aws, stub, SECOND, "new", "all")
    requests: list[ChangeSetRequest] = []

    def change(_: StackDeployer, request: ChangeSetRequest) -> list[ResourceChange]:
        requests.append(request)
        return []

    monkeypatch.setattr(StackDeployer, "change", change)
    for _ in range(2):
        stub.add_response("describe_stacks", stack_of(SECOND))
    deployer = StackDeployer(aws, planned.artefacts, PLACE, {}, lambda _: None, print)
    [done] = restore(aws, planned, deployer)
    [request] = requests
    assert (request.kind, request.template) == ("UPDATE", {"TemplateBody": FIRST.template})
    assert {"ParameterKey": "VisibilityTimeout", "ParameterValue": "90"} in request.parameters
    assert [each for each in request.parameters if "UsePreviousValue" in each] == [
        {"ParameterKey": "SentryDsn", "UsePreviousValue": True}
    ]
    assert done.sent.lists == {"Topics": "old"}


@pytest.mark.usefixtures("no_policies", "artefacts")
def test_a_rollback_is_approved_then_recorded_with_the_older_code(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the approval nothing is made; a missing secret of the older profiles is created after it."""
    planned = plan(aws, stub, SECOND, "new", "all")
    older = planned._replace(record=planned.record._replace(version="0.0.9"))
    changes = [ResourceChange("change", "AWS::Lambda::Function", "ProcessorFunction")]

    def change(self: StackDeployer, request: ChangeSetRequest) -> list[ResourceChange]:
        self.approve(ChangeSet("set", "id", request, changes))
        return changes

    def secrets() -> list[str]:
        return [each["Name"] for each in aws.ssm.describe_parameters()["Parameters"]]

    monkeypatch.setattr(StackDeployer, "change", change)
    done = stack_of(SECOND)
    done["Stacks"][0]["Outputs"] += [
        {"OutputKey": key, "OutputValue": value}
        for key, value in (("Profiles", "heartbeat"), ("WebhookUrlBase", "https://a.invalid/"))
    ]
    for _ in range(2):
        stub.add_response("describe_stacks", done)
    seen: list[list[str]] = []
    result = DeployService(aws, address(), print).roll_back(older, lambda _: seen.append(secrets()))
    assert (seen, secrets()) == ([[]], ["/alma-webhooks/dev/heartbeat/secret"])
    assert result.data["restored"] == {"time": "2026-05-13T02:41:11.000Z", "version": "0.0.9"}
    newest = next(DeploymentRecords(planned.artefacts, "stack").newest_first())
    assert (newest.version, newest.stacks) == ("0.0.9", older.record.stacks)


def with_notifications(aws: Aws, monkeypatch: pytest.MonkeyPatch, *, in_record: bool) -> None:
    """Record two deployments; the first has a notifications stack too, if `in_record`, and the second otherwise."""
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", (NOTIFICATIONS_PART,))
    made = Artefacts(aws, PLACE.account, PLACE.region)
    optional = SentStack(NOTIFICATIONS)
    made.upload([OLD, NEW, Code()])
    for number, each in enumerate((FIRST, SECOND)):
        stacks = [each, *([optional] if in_record is (each is FIRST) else [])]
        results = [StackResult("stack", [], {}, one) for one in stacks]
        DeploymentRecords(made, "stack").store(results, "alma-webhooks", AT + timedelta(hours=number))


@pytest.mark.usefixtures("no_policies")
def test_a_notifications_stack_that_was_deleted_is_restored(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is created again, and takes up what the deleted one left."""
    with_notifications(aws, monkeypatch, in_record=True)
    add_missing(stub)
    stub.add_response("describe_stacks", stack_of(SECOND))
    for _ in range(2):
        stub.add_response("get_template", {"TemplateBody": SECOND.template})
    planned = plan_rollback(aws, address(), RollbackOptions(allow_removal=("new", "all")))
    assert "add     the notifications stack stack-notifications" in [str(each) for each in planned.differences]
    requests: list[ChangeSetRequest] = []
    taken = [ResourceChange("import", "AWS::SQS::Queue", "NotificationQueue")]
    monkeypatch.setattr(StackDeployer, "change", lambda _, request: requests.append(request) or [])  # type: ignore[func-returns-value] # it always is None
    monkeypatch.setattr(StackDeployer, "import_retained", lambda *_: taken)
    for answer in (stack_of(SECOND), stack_of(SECOND), None, stack_of(SECOND)):
        add_missing(stub) if answer is None else stub.add_response("describe_stacks", answer)
    deployer = StackDeployer(aws, planned.artefacts, PLACE, {}, lambda _: None, print)
    _, done = restore(aws, planned, deployer)
    assert [(each.name, each.kind) for each in requests] == [("stack", "UPDATE"), ("stack-notifications", "UPDATE")]
    assert done.changes == taken


@pytest.mark.usefixtures("no_policies")
def test_a_notifications_stack_that_the_record_lacks_stays(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was deployed later, and the pipeline of the record does not know it: neither a difference nor a change."""
    with_notifications(aws, monkeypatch, in_record=False)
    optional = described("UPDATE_COMPLETE", {"Mark": mark_of("notifications")}, Stage="dev")
    optional["Stacks"][0]["StackName"] = "stack-notifications"
    for answer in (optional, stack_of(SECOND), optional):
        stub.add_response("describe_stacks", answer)
    for body in (SECOND.template, NOTIFICATIONS, SECOND.template):
        stub.add_response("get_template", {"TemplateBody": body})
    planned = plan_rollback(aws, address(), RollbackOptions(allow_removal=("new", "all")))
    assert planned.record.time == "2026-05-13T02:41:11.000Z"
    assert len(planned.templates) == 1
    assert not any("notifications" in str(each) for each in planned.differences)
