"""Notifications as a part of a deployment: planned if the stage asks for them, deleted if it does not any more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import package, plan
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.destruction import Destruction
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.plan_lines import plan_lines
from scripts.deploy.service import DeployService
from scripts.deploy.stack_deployer import StackDeployer, StackResult
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART, StackPart
from tests.scripts.deploy.projects import address_in, project_in
from tests.scripts.deploy.stacks import add_missing, add_resources, described, mark_of
from tests.scripts.deploy.zips import zip_of

PIPELINE, NOTIFICATIONS = "alma-webhooks-dev", "alma-webhooks-dev-notifications"


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """CloudFormation, without the stack of the alarms."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART,))
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The current folder is that of the project. No zip is built, because packages come from elsewhere."""

    def build(contents: Contents, *, target: ForLambda | None, routes: Path | None = None) -> Package:
        assert target is not None
        expected = "notifications.txt" if contents.name == "notifications" else "processor.txt"
        assert [path.name for path in target.requirements] == [expected]
        return zip_of(contents.name, routes.read_bytes() if routes else b"")

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given, version: Path("found"))  # noqa: ARG005 -- its signature
    monkeypatch.chdir(tmp_path)


def stack_of(name: str, part: str, **outputs: str) -> dict[str, Any]:
    answer = described("UPDATE_COMPLETE", {"Mark": mark_of(part), **outputs}, Stage="dev")
    answer["Stacks"][0]["StackName"] = name
    return answer


def planned(aws: Aws, *, notifications: bool, dry_run: bool = False, **options: Any) -> DeploymentPlan:
    parameters = options.pop("parameters", None)
    project = project_in(Path.cwd(), notifications=notifications, parameters=parameters)
    return plan.plan(aws, address_in(project), DeploymentOptions(dry_run=dry_run, **options))


def add_deployed(stub: Stubber) -> None:
    """The answers about a pipeline, and about a notifications stack that no stage asks for."""
    stub.add_response("describe_stacks", stack_of(PIPELINE, "pipeline"), {"StackName": PIPELINE})
    for _ in range(2):  # whether it is there, and as it is
        found = stack_of(NOTIFICATIONS, "notifications", QueueUrl="q", DeadLetterQueueUrl="d")
        stub.add_response("describe_stacks", found, {"StackName": NOTIFICATIONS})
    add_resources(stub, "NotificationQueue")


def test_a_stage_that_asks_for_notifications_gets_their_stack_and_zip(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All stacks are new; the template gets the key of the zip, the stack of the alarms and the stage's parameters."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    for _ in range(3):
        add_missing(stub)
    found = planned(aws, notifications=True, parameters={"AllowSms": "true"})
    assert found.parts == (PIPELINE_PART, OBSERVABILITY_PART, NOTIFICATIONS_PART)
    assert [each.name for each in found.packages] == ["ingest", "processor", "notifications"]
    assert found.values["NotificationsCodeKey"].startswith("notifications/")
    assert found.values["AlarmStack"] == "alma-webhooks-dev-observability"
    assert found.values["AllowSms"] == "true"
    assert found.values["Notifications"] == "true"
    assert "add     the notifications stack alma-webhooks-dev-notifications" in map(str, found.differences)
    assert found.unwanted is None


def test_other_stages_have_no_such_stack_zip_or_parameter(aws: Aws, stub: Stubber) -> None:
    """What the template of the pipeline gets does not change."""
    add_missing(stub)
    add_missing(stub)
    found = planned(aws, notifications=False)
    assert found.parts == (PIPELINE_PART,)
    assert [each.name for each in found.packages] == ["ingest", "processor"]
    assert not any("otifications" in f"{each}" for each in (*found.differences, *found.values))
    assert found.removals.found == ()


def test_parameters_of_notifications_need_the_part(aws: Aws, stub: Stubber) -> None:
    """As for any parameter that no template has."""
    with pytest.raises(Exception, match="The template has no parameter AllowSms"):
        planned(aws, notifications=False, parameters={"AllowSms": "true"})
    assert stub  # nothing was asked for


def test_f56_the_removal_needs_its_flag(aws: Aws, stub: Stubber) -> None:
    """The sentence names the stack, what is kept, and the flag."""
    add_deployed(stub)
    with pytest.raises(
        RejectedError, match=f"removes notifications: the stack {NOTIFICATIONS} is deleted; its queues and "
    ):
        planned(aws, notifications=False)


def test_f56_a_dry_run_shows_the_removal(aws: Aws, stub: Stubber) -> None:
    """With the flag that allows it; nothing is checked about queues yet."""
    add_deployed(stub)
    stub.add_response("get_template", {"TemplateBody": "{}"})
    found = planned(aws, notifications=False, dry_run=True)
    assert f"REMOVE  notifications: the stack {NOTIFICATIONS} is deleted" in "".join(
        line for line, _ in plan_lines(found)
    )
    assert (found.removals.flags, found.exit_code) == ("--allow-removal notifications", 5)


def test_f52_a_stack_that_holds_notifications_is_not_removed(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it nothing would send them."""
    add_deployed(stub)
    monkeypatch.setattr(Destruction, "waiting", lambda _: {"notifications queue": 2})
    with pytest.raises(RejectedError, match="the notifications queue holds about 2 notifications"):
        planned(aws, notifications=False, allow_removal=("notifications",))


@pytest.mark.usefixtures("no_policies")
def test_an_allowed_removal_deletes_the_stack_after_the_others_are_deployed(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a deployment that fails has deleted nothing."""
    monkeypatch.setattr(Destruction, "waiting", lambda _: {})
    add_deployed(stub)
    stub.add_response("get_template", {"TemplateBody": "{}"})
    found = planned(aws, notifications=False, allow_removal=("notifications",))
    done: list[str] = []

    def run(_: StackDeployer, parts: tuple[StackPart, ...]) -> list[StackResult]:
        done.extend(part.mark for part in parts)
        outputs = {"Profiles": "alma", "WebhookUrlBase": "https://api.invalid/webhooks/", "ApiId": "1"}
        return [StackResult(PIPELINE, [], outputs)]

    monkeypatch.setattr(StackDeployer, "run", run)
    monkeypatch.setattr(Destruction, "run", lambda self, _: done.extend(self.names))
    DeployService(aws, address_in(None), print).deploy(found, lambda _: None)
    assert done == ["pipeline", NOTIFICATIONS]
