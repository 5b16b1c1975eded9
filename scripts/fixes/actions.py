"""Decide what `dead-letters fix` does with a dead letter, by its cause and by what a replay would do now. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

from processor.errors import Permanent
from scripts.aws.errors import is_denial
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.explain import Explained

_ROUTE_CLASSES: Final = frozenset({"template", "no-target", "too-large"})


class FixAction(StrEnum):
    """What `dead-letters fix` does with the dead letters of a cause.

    It replays those whose delivery would succeed now; recreates targets of the stack; opens the route that fails; tests
    and deploys routes that deliver it; or prints the statement of a missing right. `none`: only people can decide.
    """

    replay = "replay"
    recreate = "recreate"
    change_route = "change-route"
    deploy = "deploy"
    allow = "allow"
    none = "none"


_WEAKEST_FIRST: Final = (FixAction.none, FixAction.allow, FixAction.change_route, FixAction.recreate, FixAction.replay)


class Decision(NamedTuple):
    """The action for a dead letter, and the failure of a replay that decides it; None if none of them does.

    `recreated` are the targets that are recreated before the replay.
    """

    action: FixAction
    failure: Permanent | None = None
    recreated: tuple[str, ...] = ()


def decide(explained: Explained) -> Decision:
    """Decide over all failures of the event, of which the weakest action counts.

    A replay delivers everything that is missing, so each failure has to be fixed before it. If only people can fix one
    of them, the event is left, with the next step for that one. Otherwise this command does everything that they need,
    and then replays the event: if a route has to change and a target is missing, the action is `change-route`, and the
    target is recreated too. Of several failures with the same action the first decides.

    Of the recorded causes only the first has its reason. So a missing right of another delivery is not known before a
    replay fails on it.
    """
    failures = explained.explanation.failures
    found = [*(Decision(_of_failure(each, explained), each) for each in failures), Decision(_of_the_rest(explained))]
    weakest = min(found, key=lambda each: _WEAKEST_FIRST.index(each.action))
    if weakest.action in {FixAction.none, FixAction.allow}:
        return weakest
    return weakest._replace(recreated=tuple({each.target: None for each in failures if each in explained.fixable}))


def cause_of(failure: Permanent) -> Cause:
    """Return a failure of a replay as a cause."""
    return Cause(failure.cause_class, failure.reason, failure.route, failure.target, failure.field)


def _of_failure(failure: Permanent, explained: Explained) -> FixAction:
    if failure.cause_class == "refused":
        return FixAction.recreate if failure in explained.fixable else FixAction.none
    return FixAction.change_route if failure.cause_class in _ROUTE_CLASSES and failure.route else FixAction.none


def _of_the_rest(explained: Explained) -> FixAction:
    """Return the action for everything that does not fail now. Rights are not looked up: AWS refused then."""
    cause, deliveries = explained.summary.cause, explained.explanation.deliveries
    if explained.doubt or not (deliveries or explained.explanation.failures):
        return FixAction.none
    if cause.category == "too-old":
        return FixAction.none  # a target may have the event, although no record says so
    is_repeated = (cause.route, cause.target) in {(each.route, each.target) for each in deliveries}
    is_open = is_repeated or not explained.explanation.failures
    is_denied = cause.category == "refused" and is_denial(cause.reason)
    return FixAction.allow if is_denied and is_open else FixAction.replay
