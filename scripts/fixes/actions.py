"""Decide what `dead-letters fix` does with a dead letter, by its cause and by what a replay would do now. Pure."""

from enum import StrEnum
from typing import Final

from scripts.aws.errors import is_denial
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


def action_for(explained: Explained) -> FixAction:
    """Return the action for a dead letter."""
    failure = explained.explanation.failure
    if failure is None:
        return _action_without_failure(explained)
    if failure.cause_class == "refused":
        return FixAction.recreate if explained.is_fixable else FixAction.none
    is_of_route = failure.cause_class in _ROUTE_CLASSES and bool(failure.route)
    return FixAction.change_route if is_of_route else FixAction.none


def _action_without_failure(explained: Explained) -> FixAction:
    """Return the action if nothing is known that makes a replay fail. Rights are not looked up: AWS refused then."""
    cause = explained.summary.cause
    if explained.doubt or not explained.explanation.deliveries:
        return FixAction.none
    if cause.category == "too-old":
        return FixAction.none  # a target may have the event, although no record says so
    is_refused = cause.category == "refused" and is_denial(cause.reason)
    return FixAction.allow if is_refused else FixAction.replay
