"""Decide what `dead-letters fix` does with a dead letter, by its cause and by what a replay would do now. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

from processor.delivery import TopicDelivery
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

    `recreated` are the targets that are recreated before the replay, and `refused` the topics that refused the event
    and would get it now. `unexplained` are the recorded causes without a reason that decide, and `unrecorded` is the
    number of failures that decide because the dead letter has no room for them.
    """

    action: FixAction
    failure: Permanent | None = None
    recreated: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unexplained: tuple[Cause, ...] = ()
    unrecorded: int = 0


def decide(explained: Explained) -> Decision:
    """Decide over all failures of the event, of which the weakest action counts.

    A replay delivers everything that is missing, so each failure has to be fixed before it. If only people can fix one
    of them, the event is left, with the next step for that one. Otherwise this command does everything that they need,
    and then replays the event: if a route has to change and a target is missing, the action is `change-route`, and the
    target is recreated too. Of several failures with the same action the first decides.

    Of the recorded causes only the first has its reason. If AWS refused another delivery whose target is there now, it
    may still lack a right, and the event is left. So it is if failures are not recorded: AWS may have refused those.
    """
    failures = explained.explanation.failures
    found = [*(Decision(_of_failure(each, explained), each) for each in failures), _of_the_rest(explained)]
    weakest = min(found, key=lambda each: _WEAKEST_FIRST.index(each.action))
    if weakest.action in {FixAction.none, FixAction.allow}:
        return weakest
    recreated = tuple({each.target: None for each in failures if each in explained.fixable})
    return weakest._replace(recreated=recreated, refused=_topics_that_refused(explained))


def cause_of(failure: Permanent) -> Cause:
    """Return a failure of a replay as a cause."""
    return Cause(failure.cause_class, failure.reason, failure.route, failure.target, failure.field)


def _of_failure(failure: Permanent, explained: Explained) -> FixAction:
    if explained.is_of_topic(failure):
        return FixAction.none
    if failure.cause_class == "refused":
        return FixAction.recreate if failure in explained.fixable else FixAction.none
    return FixAction.change_route if failure.cause_class in _ROUTE_CLASSES and failure.route else FixAction.none


def _of_the_rest(explained: Explained) -> Decision:
    """Decide over everything that does not fail now. Rights are not looked up: AWS refused then.

    A right is granted for a target, whichever route delivers to it.
    """
    cause, failures = explained.summary.cause, explained.explanation.failures
    delivered = {each.target for each in explained.explanation.deliveries}
    if explained.doubt or not (delivered or failures):
        return Decision(FixAction.none)
    if cause.category == "too-old":
        return Decision(FixAction.none)  # a target may have the event, although no record says so
    is_denied = cause.category == "refused" and is_denial(cause.reason)
    if is_denied and (cause.target in delivered or not failures):
        return Decision(FixAction.allow)
    if cause.others_omitted:
        return Decision(FixAction.none, unrecorded=cause.others_omitted)
    others = tuple(each for each in cause.others if each.category == "refused" and each.target in delivered)
    return Decision(FixAction.none if others else FixAction.replay, unexplained=others)


def _topics_that_refused(explained: Explained) -> tuple[str, ...]:
    """Return the topics that refused the event then, without those to which a replay would no longer deliver it.

    If something fails now, all of them: once it is fixed, the event may be delivered to each.
    """
    cause, explanation = explained.summary.cause, explained.explanation
    delivered = {each.target for each in explanation.deliveries}
    refused = dict.fromkeys(each.target for each in (cause, *cause.others) if each.category == "refused")
    topics = (target for target in refused if target.startswith(f"{TopicDelivery.kind}:"))
    return tuple(topic for topic in topics if topic in delivered or explanation.failures)
