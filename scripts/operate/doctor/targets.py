"""Whether the targets that the routes can name are there, and the workflows of the type that they must be. Calls none.

"GetTopicAttributes" (SNS), "DescribeStateMachine" (Step Functions), "GetQueueUrl" (SQS), "DescribeEventBus"
(EventBridge) and "GetFunctionConfiguration" (Lambda), the services' API References.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from botocore.exceptions import ClientError

from processor import heartbeat
from processor.delivery import TopicDelivery
from scripts.deploy.check import rendered_targets
from scripts.operate.doctor.finding import Check, Finding, State, findings_of, is_gone
from scripts.operate.doctor.routes import routes_of
from scripts.operate.doctor.subject import Subject
from scripts.operate.scope import Scope
from scripts.plural import plural

_AT_ONCE: Final = 8


def checks(subject: Subject) -> Iterator[Check]:
    """All targets in one."""
    yield Check("targets", partial(_targets, subject))


def _targets(subject: Subject) -> Iterator[Finding]:
    file = routes_of(subject)
    if file is None:
        yield Finding("targets", State.unknown, "the targets are not known while the routes are not valid")
        return
    entries = list(rendered_targets(file))
    own = (TopicDelivery.kind, heartbeat.TOPIC)  # of the built-in route
    targets = sorted({own, *((kind, name) for _, kind, names in entries for name in names)})
    looks = [Check("targets", partial(_target, subject, kind, name)) for kind, name in targets]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [finding for findings in pool.map(findings_of, looks) for finding in findings]
    yield from found
    open_ended = sum(not names for _, _, names in entries)
    there = (f"of {len(targets)} that the routes name {verb} there" for verb in ("is", "are"))
    told = plural(len(targets) - len(found), *there)
    if open_ended:
        told += f"; {open_ended} more only an event tells"
    if len(found) < len(targets):
        yield Finding("targets", State.ok, told)


def _target(subject: Subject, kind: str, name: str) -> Iterator[Finding]:
    """Nothing when all is well."""
    words, arn = kind.replace("_", " "), _arn(subject.scope, kind, name)
    if arn is None:
        told = f"the stack has no {words} {name}, which a route names"
        fix = f"add it to the template's parameter Topics: {subject.deploying}" if kind == "topic" else "use its ARN"
        yield Finding("targets", State.bad, told, fix)
        return
    try:
        wrong = _LOOKS[kind](subject.scope, arn)
    except ClientError as error:
        if not is_gone(error):
            raise
        told = f"the {words} {arn} is not there: what its routes deliver becomes dead letters"
        yield Finding("targets", State.bad, told, _made_again(subject, kind, name))
        return
    if wrong:
        fix = "use a STANDARD one: an EXPRESS one may run twice for one event, and not at all by its name"
        yield Finding("targets", State.bad, f"the {words} {arn} is {wrong}", fix)


def _arn(scope: Scope, kind: str, name: str) -> str | None:
    if name.startswith("arn:"):
        return name
    return {"topic": scope.stack.topics, "state_machine": scope.stack.state_machines}.get(kind, {}).get(name)


def _made_again(subject: Subject, kind: str, name: str) -> str:
    """CloudFormation makes nothing again that was deleted behind its back, unless it is taken out and put back."""
    if name.startswith("arn:"):
        return "make it, or take it out of the routes"
    if name == heartbeat.TOPIC:
        arn = subject.scope.stack.topics[name]
        return f"aws sns create-topic --name {arn.rpartition(':')[2]} --attributes KmsMasterKeyId=alias/aws/sns"
    if kind == "topic":
        return (
            f"take {name} out of the template's parameter Topics and {subject.deploying}; put it back and deploy again"
        )
    return f"name a workflow of yours in the template's parameter {name.title()}StateMachineArn: {subject.deploying}"


def _topic(scope: Scope, arn: str) -> str:
    scope.aws.sns.get_topic_attributes(TopicArn=arn)
    return ""


def _state_machine(scope: Scope, arn: str) -> str:
    """The type or the state that is wrong."""
    found = scope.aws.states.describe_state_machine(stateMachineArn=arn)
    if found["type"] != "STANDARD":
        return found["type"]
    return "" if found.get("status", "ACTIVE") == "ACTIVE" else "being deleted"


def _queue(scope: Scope, arn: str) -> str:
    *_, account, name = arn.split(":")
    scope.aws.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    return ""


def _event_bus(scope: Scope, arn: str) -> str:
    scope.aws.events.describe_event_bus(Name=arn)
    return ""


def _function(scope: Scope, arn: str) -> str:
    scope.aws.functions.get_function_configuration(FunctionName=arn)
    return ""


_LOOKS: Final[dict[str, Callable[[Scope, str], str]]] = {
    "topic": _topic,
    "state_machine": _state_machine,
    "queue": _queue,
    "event_bus": _event_bus,
    "function": _function,
}
