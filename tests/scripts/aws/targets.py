"""The targets of a stack in process: topics and state machines that its outputs name and that exist."""

import json
from collections.abc import Iterable

from scripts.aws.context import StackContext
from scripts.dead_letters.explain import Targets
from scripts.routes.judged_routes import RoutesFileCopy

_DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
_PLACE = "us-east-1:123456789012"


def with_targets(scope: StackContext, topics: Iterable[str], state_machines: Iterable[str] = ()) -> StackContext:
    """Return the scope of a stack that has these, each of which exists."""
    names = [f"{scope.stack.name}-{name}" for name in topics]
    for name in names:
        scope.aws.sns.create_topic(Name=name)
    machines = {name: f"arn:aws:states:{_PLACE}:stateMachine:{scope.stack.name}-{name}" for name in state_machines}
    for name in machines:
        scope.aws.states.create_state_machine(
            name=f"{scope.stack.name}-{name}", definition=_DEFINITION, roleArn="arn:aws:iam::123456789012:role/r"
        )
    outputs = {
        "Topics": ",".join(topics),
        "TopicArnPrefix": f"arn:aws:sns:{_PLACE}:{scope.stack.name}-",
        "StateMachineArns": json.dumps(machines),
    }
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | outputs))


def targets_of(scope: StackContext, topics: Iterable[str], state_machines: Iterable[str] = ()) -> Targets:
    """Return them as `explain` looks at them."""
    return Targets(with_targets(scope, topics, state_machines))


ARTEFACTS = "artefacts"
ROUTES = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: a, when: {event: {value: [LOAN_CREATED]}}, deliver: [{topic: loan-created}]}
  - {name: b, fallback: true, deliver: [{topic: "{{ event.value | slug }}"}]}
"""


def with_routes(scope: StackContext, text: str = ROUTES) -> StackContext:
    """Return the scope of a stack that has deployed these routes."""
    copy = RoutesFileCopy(text.encode())
    scope.aws.s3.create_bucket(Bucket=ARTEFACTS)
    scope.aws.s3.put_object(Bucket=ARTEFACTS, Key=copy.key, Body=copy.content)
    outputs = {"CodeBucket": ARTEFACTS, "RoutesDigest": copy.digest}
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | outputs))
