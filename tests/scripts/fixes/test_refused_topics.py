"""`dead-letters fix` on events that a topic refused, which is there again. AWS is in process."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from scripts.aws.context import StackContext
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.doctor.repair.fix import FixResult
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.fixes.faults import missing_topic, not_found
from tests.scripts.fixes.subscriptions import OPERATION, failed
from tests.scripts.stack_logs import INGEST, PROCESSOR

OUTSIDE = "arn:aws:sns:us-east-1:123456789012:outside"
ROUTES = """topics: [loan-created]
stages: {{dev: {{}}, stg: {{}}, prod: {{}}}}
routes:
  - {{name: a, deliver: [{{topic: {topic}}}]}}
"""
TOPIC = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-loan-created"
FAULT = missing_topic("Created", TOPIC)
NOT_FOUND = not_found("a", "loan-created")
NEXT = "let the subscribers of loan-created subscribe again; then alma-webhooks dead-letters replay r1"


@pytest.fixture
def scope(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> StackContext:
    """A stack with one topic that nobody is subscribed to."""
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
    scope = with_targets(dead_letters.scope, ["loan-created"])
    names = {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR, "ProcessorFunctionName": "processor"}
    return routed(scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | names)), monkeypatch)


def routed(scope: StackContext, monkeypatch: pytest.MonkeyPatch, topic: str = "loan-created") -> StackContext:
    """Deploy a route to this topic, and return the stack with it. None of its resources is missing."""
    scope = with_routes(scope, ROUTES.format(topic=topic))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [])
    return scope


def subscribe(scope: StackContext) -> None:
    queue = "arn:aws:sqs:us-east-1:123456789012:subscriber"
    scope.aws.sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue)


def fix(*words: str, answer: str = "") -> dict[str, Any]:
    result = CliRunner().invoke(app, ["dead-letters", "fix", "--output=json", *(words or ["--yes"])], input=answer)
    return dict(json.loads(result.stdout[result.stdout.index("{") :]))  # after the echo of the answers


def assert_left(data: dict[str, Any], queues: Queues) -> None:
    """Assert that nothing was replayed, and that the next step names the subscribers."""
    [left] = data["left"]
    assert (data["replay"], left["ids"]) == (None, ["r1"])
    assert left["next"].startswith(NEXT)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f74_a_second_fix_waits_for_the_subscribers_too(
    scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one recreates the topic; the second one finds it, without subscribers; the third one replays."""

    def restore(*_: object) -> FixResult:
        scope.aws.sns.create_topic(Name=TOPIC.rpartition(":")[2])
        monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [])
        return FixResult([FAULT], [])

    queues.put(receipt_id="r1", failure=NOT_FOUND)
    scope.aws.sns.delete_topic(TopicArn=TOPIC)
    monkeypatch.setattr("scripts.fixes.service.all_faults", lambda _: [FAULT])
    monkeypatch.setattr("scripts.fixes.service.fix_faults", restore)
    first = fix()
    assert first["left"][0]["recreated"] == ["topic:loan-created"]
    assert_left(first, queues)
    assert_left(fix(), queues)
    subscribe(scope)
    third = fix()
    assert (third["replay"]["sent"], third["left"]) == (1, [])
    assert queues.dead_letters.depth() == Depth(0, 0)


@pytest.mark.parametrize("category", ["template", "transient"])
def test_f74_an_event_that_aws_refused_in_others_is_left(scope: StackContext, queues: Queues, category: str) -> None:
    """The reason is not recorded, so the event is left also if the topic has subscribers."""
    failure = {"class": category, "reason": "invented", "route": "b", "attempts": 1}
    others = [{name: NOT_FOUND[name] for name in ("class", "route", "target")}]
    queues.put(receipt_id="r1", failure=failure | {"others": others})
    subscribe(scope)
    result = CliRunner().invoke(app, ["dead-letters", "fix", "--yes"])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "     1  refused, route a, target topic:loan-created: not done: you decide",
        "        next: AWS refused the delivery to topic:loan-created, and the reason is not recorded: check the "
        "rights of the processor, and the subscriptions of a topic; then alma-webhooks dead-letters replay r1 "
        "--stage dev --yes --wait",
    ]
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f74_an_event_with_failures_that_are_not_recorded_is_left(scope: StackContext, queues: Queues) -> None:
    """The next step names their number, not the targets, which are not known."""
    failure = {"class": "template", "reason": "invented", "route": "b", "attempts": 1, "others_omitted": 3}
    queues.put(receipt_id="r1", failure=failure | {"others": []})
    subscribe(scope)
    [left] = fix()["groups"]
    assert (left["action"], left["class"]) == ("none", "template")
    assert left["next"] == (
        "the dead letter has no room for 3 more failures, and AWS may have refused a delivery: check the rights of the "
        "processor for every target, and the subscriptions of every topic; then alma-webhooks dead-letters replay r1 "
        "--stage dev --yes --wait"
    )
    assert queues.dead_letters.depth() == Depth(1, 0)


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize(("answer", "sent"), [("y\ny\n", 1), ("y\nn\n", None)])
def test_f74_on_a_terminal_the_replay_to_a_topic_without_subscribers_is_asked_for(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int | None
) -> None:
    """The second question decides."""
    monkeypatch.setattr("scripts.fixes.commands.can_ask", lambda: True)
    queues.put(receipt_id="r1", failure=NOT_FOUND)
    data = fix("--stage=dev", answer=answer)
    assert (data["replay"] and data["replay"]["sent"]) == sent
    assert queues.dead_letters.depth() == Depth(0 if sent else 1, 0)


@pytest.mark.usefixtures("scope")
def test_f74_a_topic_that_did_not_refuse_needs_no_subscribers(queues: Queues) -> None:
    """Nothing was lost with it: it may never have had any."""
    queues.put(receipt_id="r1", failure=NOT_FOUND | {"target": "topic:removed"})
    assert fix()["replay"]["sent"] == 1


def test_f74_a_topic_outside_the_stack_is_checked_too(
    scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step names its ARN."""
    scope.aws.sns.create_topic(Name="outside")
    routed(scope, monkeypatch, OUTSIDE)
    queues.put(receipt_id="r1", failure=NOT_FOUND | {"target": f"topic:{OUTSIDE}"})
    [left] = fix()["left"]
    assert left["next"].startswith(f"let the subscribers of {OUTSIDE} subscribe again")


@pytest.mark.parametrize("code", ["AuthorizationError", "AccessDenied"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_f74_an_event_is_left_if_the_subscriptions_of_its_topic_may_not_be_read(
    scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch, code: str, *, is_terminal: bool
) -> None:
    """The step names the topic and the missing right; on a terminal nothing is asked about subscribers."""
    monkeypatch.setattr("scripts.fixes.commands.can_ask", lambda: is_terminal)
    monkeypatch.setattr(scope.aws.sns, OPERATION, failed(code))
    queues.put(receipt_id="r1", failure=NOT_FOUND)
    data = fix("--stage=dev", answer="y\ny\n") if is_terminal else fix()
    [left] = data["left"]
    assert (data["replay"], left["ids"]) == (None, ["r1"])
    assert left["next"] == (
        "the subscriptions of loan-created cannot be read: grant your role sns:ListSubscriptionsByTopic; then "
        "alma-webhooks dead-letters fix r1 --stage dev"
    )
    assert queues.dead_letters.depth() == Depth(1, 0)
