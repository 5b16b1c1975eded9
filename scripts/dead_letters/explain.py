"""Explain what a replay would do with each dead letter, by the routes and by the targets that exist. Send nothing."""

from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import NotificationDelivery
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoutes
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.target_looks import TargetLook, There, is_topic_of_stack, look_at
from scripts.cli.advice import NO_FIX, Fix
from scripts.dead_letters.reader import ReadDeadLetter, Summary
from scripts.routes.check import NAMED_BY_ARN
from scripts.routes.explain import Explanation, TargetNames, explain
from scripts.routes.topic_limit import limit_of_stack


class Explained(NamedTuple):
    """A dead letter, and the result that a replay would have.

    `doubt` is why the result of a delivery is not known, with its `fix`. `fixable` are the failures whose target is
    missing and is recreated by `doctor --fix`.
    """

    summary: Summary
    explanation: Explanation
    doubt: str = ""
    fix: Fix = NO_FIX
    fixable: frozenset[Permanent] = frozenset()

    def is_of_topic(self, failure: Permanent) -> bool:
        """Return whether a topic of notifications fails, and not the route that delivers to it."""
        plan = self.explanation.plan
        is_notification = failure.target.startswith(f"{NotificationDelivery.kind}:")
        return is_notification and plan is not None and failure not in plan.failures


class Targets:
    """The targets of a stack: their names, and whether each exists in AWS, looked up once."""

    def __init__(self, scope: StackContext) -> None:
        """Raise ConfigurationError if the stack has no outputs for its targets."""
        self._scope = scope
        self.names: Final = target_names_of(scope)
        self.topic_limit: Final = limit_of_stack(scope)
        self.look = lru_cache(maxsize=None)(self._look)

    def is_fixable(self, look: TargetLook) -> bool:
        """Return whether `doctor --fix` recreates it: a topic or state machine of the stack itself."""
        is_own = look.arn in self.own_state_machines if look.kind == "state_machine" else False
        return is_own or is_topic_of_stack(self._scope, look.kind, look.arn)

    @property
    def own_state_machines(self) -> frozenset[str]:
        """The ARNs of the state machines that the stack creates: they are called STACK-NAME, as routes name them."""
        stack = self._scope.stack
        return frozenset(
            arn for name, arn in stack.state_machines.items() if arn.endswith(f":stateMachine:{stack.name}-{name}")
        )

    def topic_failure(self, delivery: NotificationDelivery, look: TargetLook) -> Permanent | None:
        """Return why notifications of a delivery would fail: without a topic, or with one that cannot render it."""
        if look.there is not There.yes:
            return Permanent("no-target", look.wrong, route=delivery.route, target=delivery.target)
        from scripts.dead_letters.notification_explain import rendering_failure

        return rendering_failure(self._scope, delivery)

    def _look(self, kind: str, name: str) -> TargetLook | tuple[str, Fix]:
        """Return what was found, or why it is not known and its fix."""
        try:
            return look_at(self._scope, kind, name)
        except (ClientError, BotoCoreError) as error:
            return why_unanswered(error)


def explain_dead_letter(read: ReadDeadLetter, routes: CompiledRoutes, targets: Targets, *, stage: str) -> Explained:
    """Parse and plan as the processor would, then look up each target. Without an envelope the cause is `envelope`."""
    if read.envelope is None:
        return Explained(read.summary, Explanation(None, None, (Permanent("envelope", read.problem),)))
    explanation = explain(read.envelope, routes, targets.names, stage=stage, topic_limit=targets.topic_limit)
    return _with_targets(Explained(read.summary, explanation), targets)


def _with_targets(explained: Explained, targets: Targets) -> Explained:
    """Look up the targets of the deliveries. A missing one is a failure, in the order of the routes."""
    explanation, fixable = explained.explanation, set[Permanent]()
    if explanation.plan is None:
        return explained
    failed = dict(explanation.wrong_targets)
    for delivery in explanation.deliveries:
        look = targets.look(delivery.kind, delivery.name)
        if not isinstance(look, TargetLook):
            why, fix = look
            explained = explained._replace(doubt=f"whether {delivery.target} is there; {why}", fix=fix)
        elif isinstance(delivery, NotificationDelivery):
            if failure := targets.topic_failure(delivery, look):
                failed[delivery.route, delivery.target] = failure
        elif look.there is There.gone or look.wrong == "being deleted":
            reason = f"the {look.words} {look.arn} is {look.wrong or 'not there'}"
            failure = Permanent("refused", reason, route=delivery.route, target=delivery.target)
            failed[delivery.route, delivery.target] = failure
            if targets.is_fixable(look):
                fixable.add(failure)
    steps = explanation.plan.steps
    found = (step if isinstance(step, Permanent) else failed.get((step.route, step.target)) for step in steps)
    explanation = replace(explanation, failures=tuple(dict.fromkeys(filter(None, found))))
    return explained._replace(explanation=explanation, fixable=frozenset(fixable))


def target_names_of(scope: StackContext) -> TargetNames:
    """Return the names of the stack's targets by kind. Raise ConfigurationError if it has no outputs for them."""
    for output in ("Topics", "TopicArnPrefix", "StateMachineArns"):
        scope.output(output, "which targets it has")
    named = {"topic": frozenset(scope.stack.topics), "state_machine": frozenset(scope.stack.state_machines)}
    return named | NAMED_BY_ARN
