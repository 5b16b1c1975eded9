"""The result that a replay would have, by the stack's own targets."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.stub import Stubber

from notifications.topics import Topic
from processor.routing.compile import compile_routes, load
from scripts.aws.context import StackContext
from scripts.aws.target_looks import TargetLook, There
from scripts.cli.advice import Advice
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.explain import Explained, Targets, explain_dead_letter, target_names_of
from scripts.dead_letters.reports.explain import step_after
from scripts.dead_letters.store import DeadLetterStore
from scripts.fixes.actions import FixAction, decide
from scripts.routes.check import ROUTES
from tests.notifications.fake_integrations import HASH
from tests.scripts.aws.targets import targets_of
from tests.scripts.dead_letters.queues import Queues, loan

ROUTES_OF_TODAY = load(ROUTES)


def explained(dead_letters: DeadLetterStore, queues: Queues, targets: Targets) -> Explained:
    [dead_letter] = queues.dead_letters.receive(30, 0)
    return explain_dead_letter(dead_letters.reader.read(dead_letter), ROUTES_OF_TODAY, targets, stage="dev")


def failure_of(dead_letters: DeadLetterStore, queues: Queues, targets: Targets) -> tuple[str, str] | None:
    failure = explained(dead_letters, queues, targets).explanation.failure
    return (failure.cause_class, failure.target) if failure else None


def test_a_dead_letter_is_explained_by_the_targets_that_the_stack_has(
    queues: Queues, dead_letters: DeadLetterStore
) -> None:
    """The current targets count, independently of the original cause."""
    queues.put(loan())
    assert failure_of(dead_letters, queues, targets_of(dead_letters.scope, ["loan-created"])) is None


def test_a_target_that_the_stack_lacks_is_named(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """Independently of the template in this checkout."""
    queues.put(loan())
    assert failure_of(dead_letters, queues, targets_of(dead_letters.scope, [])) == ("no-target", "topic:loan-created")


def test_f74_a_deleted_topic_is_a_failure(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """The stack still names it; a replay would fail, and `doctor --fix` recreates it."""
    targets = targets_of(dead_letters.scope, ["loan-created"])
    arn = f"arn:aws:sns:us-east-1:123456789012:{dead_letters.scope.stack.name}-loan-created"
    queues.aws.sns.delete_topic(TopicArn=arn)
    queues.put(loan())
    found = explained(dead_letters, queues, targets)
    failure = found.explanation.failure
    assert failure is not None
    assert (failure.cause_class, failure.route, failure.target) == ("refused", "loans", "topic:loan-created")
    assert (failure.reason, found.fixable) == (f"the topic {arn} is not there", frozenset({failure}))


def test_f74_a_target_that_cannot_be_looked_up_is_not_known(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """The result has the missing permission, and each target is looked up once."""
    targets = targets_of(dead_letters.scope, ["loan-created"])
    queues.put(loan())
    with Stubber(queues.aws.sns) as stub:
        stub.add_client_error("get_topic_attributes", "AuthorizationError")
        found = explained(dead_letters, queues, targets)
        assert targets.look("topic", "loan-created") == (
            "AWS denied access: the permission sns:GetTopicAttributes is missing",
            found.fix,
        )
    assert found.explanation.failure is None
    assert found.doubt == (
        "whether topic:loan-created is there; AWS denied access: the permission sns:GetTopicAttributes is missing"
    )


BROKEN = """stages: {dev: {}, stg: {}, prod: {}}
topics: [a, b]
routes:
  - {name: broken, deliver: [{topic: "{{ x }}"}, {topic: "{{ y }}"}]}
  - {name: gone, deliver: [{topic: a}]}
  - {name: denied, deliver: [{topic: b}]}
"""


def test_f74_every_failure_and_doubt_of_an_event_is_kept(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """In the order of the routes; only the missing topic is recreated."""
    targets = targets_of(dead_letters.scope, ["a", "b"])
    queues.put(loan())
    read = dead_letters.reader.read(queues.dead_letters.receive(30, 0)[0])
    with Stubber(queues.aws.sns) as stub:
        stub.add_client_error("get_topic_attributes", "NotFound")
        stub.add_client_error("get_topic_attributes", "AuthorizationError")
        found = explain_dead_letter(read, compile_routes(BROKEN), targets, stage="dev")
    *broken, gone = found.explanation.failures
    assert [each.field for each in broken] == ["deliver[0].topic", "deliver[1].topic"]
    assert (gone.cause_class, gone.target, found.fixable) == ("refused", "topic:a", frozenset({gone}))
    assert found.doubt.startswith("whether topic:b is there; AWS denied access")


def test_only_the_stacks_own_is_fixable(dead_letters: DeadLetterStore) -> None:
    """Its topics and its own state machines, not those of the institution."""
    targets = targets_of(dead_letters.scope, ["a"], ["pod"])
    prefix, machines = "arn:aws:sns:us-east-1:123456789012:", "arn:aws:states:us-east-1:123456789012:stateMachine:"
    own = f"{dead_letters.scope.stack.name}-"
    for kind, arn, is_fixable in (
        ("topic", f"{prefix}{own}a", True),
        ("topic", f"{prefix}theirs", False),
        ("state_machine", f"{machines}{own}pod", True),
        ("state_machine", f"{machines}theirs", False),
    ):
        assert targets.is_fixable(TargetLook(kind, arn, arn, There.gone)) is is_fixable


def test_the_machine_of_a_stack_with_a_longer_name_is_not_its_own(scope: StackContext) -> None:
    """Routes can start it by its ARN, but `doctor --fix` cannot create it again."""
    machines = f"arn:aws:states:us-east-1:123456789012:stateMachine:{scope.stack.name}"
    arns = {"pod": f"{machines}-pod", "export": f"{machines}-two-export"}
    outputs = {"Topics": "", "TopicArnPrefix": "arn:x-", "StateMachineArns": json.dumps(arns)}
    targets = Targets(scope._replace(stack=scope.stack._replace(outputs=outputs)))
    assert targets.own_state_machines == {arns["pod"]}


def test_a_message_without_an_envelope_fails_again(dead_letters: DeadLetterStore) -> None:
    """The result has the reason why it cannot be read."""
    read = dead_letters.reader.read(DeadLetter("m1", "h", "x", {}, datetime.now(UTC)))
    failure = explain_dead_letter(
        read, ROUTES_OF_TODAY, targets_of(dead_letters.scope, []), stage="dev"
    ).explanation.failure
    assert failure is not None
    assert (failure.cause_class, failure.reason) == ("envelope", read.problem)


def test_names_of_targets_come_from_the_stacks_outputs(scope: StackContext) -> None:
    """The processor resolves names in the same way."""
    outputs = {"Topics": "a,b", "TopicArnPrefix": "arn:x-", "StateMachineArns": '{"pod": "arn:pod"}'}
    names = target_names_of(scope._replace(stack=scope.stack._replace(outputs=outputs)))
    assert (names["topic"], names["state_machine"], names["queue"]) == (
        {"a", "b", "heartbeat"},
        {"pod"},
        set(),
    )


def test_a_stack_without_target_outputs_is_an_error(scope: StackContext) -> None:
    """It is of an older version."""
    with pytest.raises(ConfigurationError, match="which shows which targets it has"):
        target_names_of(scope)


NOTIFYING = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: people, let: {event_name: "{{ event.value }}"}, deliver: [{notification: library/jobs}]}
"""


def topic_of(scope: StackContext, model: Any, **switched: str) -> StackContext:
    """Return the scope of a stack with the topic library/jobs, which has this model; None for a table without it."""
    table = f"{scope.stack.name}-notifications-topics"
    scope.aws.dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    if model is not None:
        entry = {"name": "team", "type": "slack", "model": model, "configuration": {"url": {"ssm": "slack-team"}}}
        item = Topic.model_validate({"id": HASH, "channel": "library", "topic": "jobs", "integrations": [entry]}).item()
        serializer = TypeSerializer()
        scope.aws.dynamodb.put_item(
            TableName=table, Item={name: serializer.serialize(value) for name, value in item.items()}
        )
    return scope._replace(stack=scope.stack._replace(parameters={"Notifications": "true", **switched}))


@pytest.mark.parametrize(
    ("model", "switched", "failure"),
    [
        ("$event_name", {}, None),
        ({"jinja": "{{ event_name }}"}, {}, None),
        ({"jinja": "{{ author }}"}, {}, ("template", "model of the integration team in library+jobs uses a value")),
        (None, {}, ("no-target", "there is no such topic")),
        ("x", {"Notifications": "false"}, ("no-target", "the stack has no notifications")),
    ],
)
def test_a_notification_is_explained_by_its_topic_as_it_is_now(
    model: Any, switched: dict[str, str], failure: tuple[str, str] | None, queues: Queues, dead_letters: DeadLetterStore
) -> None:
    """Nothing is queued; the next step is the topic's, and `fix` changes no route for it."""
    targets = targets_of(topic_of(dead_letters.scope, model, **switched), [])
    queues.put(loan())
    read = dead_letters.reader.read(queues.dead_letters.receive(30, 0)[0])
    found = explain_dead_letter(read, compile_routes(NOTIFYING), targets, stage="dev")
    assert (found.doubt, found.fixable) == ("", frozenset())
    if failure is None:
        assert [each.target for each in found.explanation.deliveries] == ["notification:library/jobs"]
        assert found.explanation.failures == ()
        return
    [failed] = found.explanation.failures
    assert (failed.cause_class, failed.route, failed.target) == (failure[0], "people", "notification:library/jobs")
    assert failed.reason.startswith(failure[1])
    assert found.is_of_topic(failed)
    step = step_after(failed, found)
    assert step is not None
    assert step.advice is Advice.apply_topic
    assert decide(found).action is FixAction.none


def test_a_notification_whose_route_fails_is_changed_in_the_route(
    queues: Queues, dead_letters: DeadLetterStore
) -> None:
    """A name of `let` is the route's."""
    targets = targets_of(topic_of(dead_letters.scope, "x"), [])
    queues.put(loan())
    read = dead_letters.reader.read(queues.dead_letters.receive(30, 0)[0])
    routes = compile_routes(NOTIFYING.replace("event.value", "no.field"))
    found = explain_dead_letter(read, routes, targets, stage="dev")
    [failed] = found.explanation.failures
    assert (failed.field, found.is_of_topic(failed)) == ("let.event_name", False)
    assert decide(found).action is FixAction.change_route


def test_a_topic_that_cannot_be_read_is_not_known(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """The result has the missing permission."""
    scope = topic_of(dead_letters.scope, "x")
    queues.put(loan())
    read = dead_letters.reader.read(queues.dead_letters.receive(30, 0)[0])
    with Stubber(scope.aws.dynamodb) as stub:
        stub.add_client_error("get_item", "AccessDeniedException")
        found = explain_dead_letter(read, compile_routes(NOTIFYING), targets_of(scope, []), stage="dev")
    assert found.doubt.endswith("AWS denied access: the permission dynamodb:GetItem is missing")
