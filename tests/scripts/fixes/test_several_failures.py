"""`dead-letters fix` on an event of which one route fails, and another's target is missing. AWS is in process."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.context import StackContext
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.doctor.repair.fix import FixResult
from scripts.fixes.groups import CauseGroup
from scripts.fixes.subscribers import SubscriberCheck
from scripts.main import app
from scripts.project.folder import Project, example
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.fixes.faults import missing_topic, not_found
from tests.scripts.stack_logs import INGEST, PROCESSOR

ROUTES = """topics: [loan-created, loan-lost]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: broken, deliver: [{topic: "{{ item_loan.topic }}"}]}
  - {name: gone, deliver: [{topic: loan-lost}]}
"""
GONE = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-loan-lost"
FAULT = missing_topic("Lost", GONE)

REFUSED = not_found("gone", "loan-lost")
NO_SUBSCRIBERS = "let the subscribers of loan-lost subscribe again; then alma-webhooks dead-letters replay r1"


@pytest.fixture
def scope(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> StackContext:
    """A stack with both failures, whose project has the corrected routes, and one dead letter."""
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "loan-lost"]), ROUTES)
    names = {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR, "ProcessorFunctionName": "processor"}
    project = Project(tmp_path, example().file, "a test")
    project.routes.write_text(ROUTES.replace("{{ item_loan.topic }}", "loan-created"), "utf-8")
    scope = scope._replace(
        stack=scope.stack._replace(outputs=scope.stack.outputs | names),
        address=scope.address._replace(project=project),
    )
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [FAULT])
    queues.aws.sns.delete_topic(TopicArn=GONE)
    queues.put(receipt_id="r1", failure=REFUSED)
    return scope


def restored(monkeypatch: pytest.MonkeyPatch, scope: StackContext, *, is_complete: bool = True) -> None:
    """Recreate the topic as `doctor --fix` does, or fail to."""

    def restore(*_: object) -> FixResult:
        if is_complete:
            scope.aws.sns.create_topic(Name=GONE.rpartition(":")[2])
        return FixResult([FAULT], [] if is_complete else [FAULT])

    monkeypatch.setattr("scripts.fixes.service.fix_faults", restore)


def deployed(monkeypatch: pytest.MonkeyPatch, *, is_deployed: bool = True) -> None:
    """Deploy the routes of the project, or fail to."""

    def change(_: object, groups: list[CauseGroup], *__: object, yes: bool) -> tuple[list[CauseGroup], bool]:
        assert yes
        return groups, is_deployed

    monkeypatch.setattr("scripts.fixes.commands.change_routes", change)


def subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every topic have a subscriber."""
    monkeypatch.setattr("scripts.fixes.commands.check_subscribers", lambda *_: SubscriberCheck())


def fix(*words: str) -> Result:
    return CliRunner().invoke(app, ["dead-letters", "fix", *words])


@pytest.mark.usefixtures("scope")
def test_f74_the_plan_names_what_is_recreated_and_what_is_deployed(queues: Queues) -> None:
    """One group, with the failure that decides."""
    group = next(line for line in fix().stdout.splitlines() if "broken" in line)
    assert group == (
        "     1  template, route broken, field deliver[0].topic: recreate topic:loan-lost; the routes file of the "
        "project delivers it: test and deploy it, then replay"
    )
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f74_an_event_is_replayed_once_all_of_its_failures_are_fixed(
    scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target is recreated, the routes are deployed, and the topic has a subscriber."""
    restored(monkeypatch, scope)
    deployed(monkeypatch)
    subscribed(monkeypatch)
    data = json.loads(fix("--yes", "--output=json").stdout)
    assert (data["replay"]["sent"], data["left"]) == (1, [])
    assert queues.dead_letters.depth() == Depth(0, 0)


@pytest.mark.parametrize(
    ("is_complete", "is_deployed", "next_step"),
    [
        (True, True, NO_SUBSCRIBERS),
        (False, True, "alma-webhooks dead-letters fix r1"),
        (True, False, "alma-webhooks dead-letters fix r1"),
    ],
    ids=["no subscriber", "not recreated", "not deployed"],
)
def test_f74_an_event_is_left_if_one_of_its_failures_is_not_fixed(
    scope: StackContext,
    queues: Queues,
    monkeypatch: pytest.MonkeyPatch,
    is_complete: bool,
    is_deployed: bool,
    next_step: str,
) -> None:
    """Whichever it is; the output has the next step for that one."""
    restored(monkeypatch, scope, is_complete=is_complete)
    deployed(monkeypatch, is_deployed=is_deployed)
    if not (is_complete and is_deployed):
        subscribed(monkeypatch)
    data = json.loads(fix("--yes", "--output=json").stdout)
    [left] = data["left"]
    assert (data["replay"], left["ids"]) == (None, ["r1"])
    assert left["next"].startswith(next_step)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f74_a_recreated_topic_needs_subscribers_also_after_a_deployment_that_failed(
    scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run finds the topic, and deploys the routes."""
    restored(monkeypatch, scope)
    deployed(monkeypatch, is_deployed=False)
    fix("--yes")
    monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [])
    deployed(monkeypatch)
    data = json.loads(fix("--yes", "--output=json").stdout)
    [left] = data["left"]
    assert (data["restored"], data["replay"], left["recreated"]) == (None, None, [])
    assert left["next"].startswith(NO_SUBSCRIBERS)
    assert queues.dead_letters.depth() == Depth(1, 0)
