"""Explains dead letters by today's code and routes: what would become of each, were it replayed. Sends nothing."""

from typing import NamedTuple

from processor.errors import Permanent
from processor.routes import Routes
from scripts.operate.dead_letters.reading import Read, Summary
from scripts.operate.explain import Explanation, TargetNames, explain
from scripts.operate.scope import Scope


class Explained(NamedTuple):
    """A letter, and what would become of it."""

    summary: Summary
    explanation: Explanation


def explain_letter(read: Read, routes: Routes, targets: TargetNames, *, stage: str) -> Explained:
    """Parses and plans as the processor would; a letter that is no envelope stays what it is."""
    if read.envelope is None:
        return Explained(read.summary, Explanation(None, None, Permanent("envelope", read.problem)))
    return Explained(read.summary, explain(read.envelope, routes, targets, stage=stage))


def target_names_of(scope: Scope) -> TargetNames:
    """The names of targets that the stack has, by kind of target. Raises ConfigurationError when it does not tell."""
    for output in ("Topics", "TopicArnPrefix", "StateMachineArns"):
        scope.output(output, "which targets it has")
    made = {"topic": frozenset(scope.stack.topics), "state_machine": frozenset(scope.stack.state_machines)}
    return made | dict.fromkeys(("queue", "event_bus", "function"), frozenset())
