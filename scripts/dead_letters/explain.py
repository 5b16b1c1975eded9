"""Explains dead letters by routes and by targets that exist: what would a replay do with each? Sends none."""

from functools import lru_cache
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from processor.delivery import Delivery
from processor.errors import Permanent
from processor.routing.models import Routes
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.target_looks import TargetLook, There, is_topic_of_stack, look_at
from scripts.cli.advice import NO_FIX, Fix
from scripts.dead_letters.reader import ReadDeadLetter, Summary
from scripts.routes.explain import Explanation, TargetNames, explain


class Explained(NamedTuple):
    """A dead letter, and what would become of it.

    `doubt` is why that is not known, with `fix`. `is_fixable`: its target is gone, and `doctor --fix` recreates it.
    """

    summary: Summary
    explanation: Explanation
    doubt: str = ""
    fix: Fix = NO_FIX
    is_fixable: bool = False


class Targets:
    """The targets of a stack: the names that it has, and whether each exists in AWS, looked up once."""

    def __init__(self, scope: StackContext) -> None:
        """Raises ConfigurationError when the stack does not tell its targets."""
        self._scope = scope
        self.names: Final = target_names_of(scope)
        self.look = lru_cache(maxsize=None)(self._look)

    def is_fixable(self, look: TargetLook) -> bool:
        """Whether `doctor --fix` brings it back: the stack's own topics and state machines."""
        is_own = look.arn in self.own_state_machines if look.kind == "state_machine" else False
        return is_own or is_topic_of_stack(self._scope, look.kind, look.arn)

    @property
    def own_state_machines(self) -> frozenset[str]:
        """The ARNs of those that the stack itself makes: they begin with its name."""
        prefix = f":stateMachine:{self._scope.stack.name}-"
        return frozenset(arn for arn in self._scope.stack.state_machines.values() if prefix in arn)

    def _look(self, kind: str, name: str) -> TargetLook | tuple[str, Fix]:
        """Return what was found, or why it is not known and what to do about that."""
        try:
            return look_at(self._scope, kind, name)
        except (ClientError, BotoCoreError) as error:
            return why_unanswered(error)


def explain_dead_letter(read: ReadDeadLetter, routes: Routes, targets: Targets, *, stage: str) -> Explained:
    """Parse and plan as the processor would, then look at each target. Without an envelope the cause is `envelope`."""
    if read.envelope is None:
        return Explained(read.summary, Explanation(None, None, Permanent("envelope", read.problem)))
    explanation = explain(read.envelope, routes, targets.names, stage=stage)
    if explanation.failure or not explanation.plan:
        return Explained(read.summary, explanation)
    return _judged(Explained(read.summary, explanation), explanation.plan.deliveries, targets)


def _judged(explained: Explained, deliveries: list[Delivery], targets: Targets) -> Explained:
    """A target that is gone counts more than one that is not known."""
    doubted = explained
    for delivery in deliveries:
        look = targets.look(delivery.kind, delivery.name)
        if not isinstance(look, TargetLook):
            why, fix = look
            doubted = explained._replace(doubt=f"whether {delivery.target} is there; {why}", fix=fix)
        elif look.there is There.gone or look.wrong == "being deleted":
            reason = f"the {look.words} {look.arn} is {look.wrong or 'not there'}"
            failure = Permanent("refused", reason, route=delivery.route, target=delivery.target)
            failed = Explanation(explained.explanation.event, explained.explanation.plan, failure)
            return explained._replace(explanation=failed, is_fixable=targets.is_fixable(look))
    return doubted


def target_names_of(scope: StackContext) -> TargetNames:
    """The names of targets that the stack has, by kind of target. Raises ConfigurationError when it does not tell."""
    for output in ("Topics", "TopicArnPrefix", "StateMachineArns"):
        scope.output(output, "which targets it has")
    made = {"topic": frozenset(scope.stack.topics), "state_machine": frozenset(scope.stack.state_machines)}
    return made | dict.fromkeys(("queue", "event_bus", "function"), frozenset())
