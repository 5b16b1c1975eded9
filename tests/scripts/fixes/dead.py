"""Explained dead letters for tests: with the recorded cause, and what a replay would do now."""

from datetime import UTC, datetime

from processor.alma.events import parse
from processor.delivery import TopicDelivery
from processor.errors import CauseClass, Permanent
from processor.routing.router import RoutingPlan
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.explain import Explained
from scripts.dead_letters.reader import Summary
from scripts.routes.explain import Explanation
from tests.scripts.dead_letters.queues import loan

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DENIED = "AWS returned AuthorizationError"


def explained(recorded: Cause, *failures: Permanent, id_: str = "r1", delivers: bool = True) -> Explained:
    """Return a dead letter whose replay would fail with these failures, and deliver to a topic, or to nothing."""
    plan = RoutingPlan("invented")
    if delivers:
        plan.steps.append(TopicDelivery("loans", "loan-created", "invented", "{}", {}))
    summary = Summary(id_, id_, id_, "LOAN", "LOAN_CREATED", "", "alma", recorded, NOW, NOW, 0, is_edited=False)
    return Explained(summary, Explanation(parse(loan()), plan, failures))


def failing(cause_class: CauseClass, route: str = "loans", **place: str) -> Permanent:
    """Return the failure of a replay."""
    return Permanent(cause_class, "the reason", route=route, **place)
