"""What a replay of many dead letters would do, in counts."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from ingest.envelope import Envelope
from processor.errors import Permanent
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.dead_letter import Cause, DeadLetter
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.replay_forecast import ReplayForecast
from scripts.dead_letters.replay_options import ReplayOptions
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.reports.forecast import forecast_data, forecast_text
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from tests.fuzz.measured import peak_of
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.crowd import Crowd
from tests.scripts.dead_letters.notified import NotificationQueues, notification
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan

OPTIONS = ReplayOptions(Rate(1000))
ROUTES = """topics: [loan-created, all]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {event: {value: [LOAN_CREATED]}}, deliver: [{topic: loan-created}, {topic: all}]}
  - {name: copy, when: {event: {value: [LOAN_CREATED]}, item_loan: {loan_id: ["2"]}}, deliver: [{topic: all}]}
  - {name: lost, fallback: true, when: {action: [LOAN]}, deliver: [{topic: "{{ event.value | slug }}"}]}
"""


def plan_of(dead_letters: DeadLetterStore, text: str = ROUTES) -> ReplayPlan:
    """Plan a replay of all dead letters of a stack with two topics and these routes."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "all"]), text)
    service = DeadLetterService(dead_letters._replace(scope=scope))
    return service.plan_replay(service.select(Filters()), OPTIONS)


def test_outcomes_are_counted_by_route_and_cause(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """An event of two routes is one delivery in all and one of each; nothing is sent, and nothing stays hidden."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    for number in range(2):
        queues.put(loan(number, "LOAN_LOST"), receipt_id=f"l{number}")
    queues.put(loan(9, "ITEM_CREATED").replace(b'"LOAN"', b'"ITEM"'), receipt_id="i1")
    queues.put(b"invented", receipt_id="x1")
    forecast = plan_of(dead_letters).forecast
    assert forecast.problem == ""
    assert (forecast.would_deliver, forecast.by_route, forecast.ignored) == (3, {"loans": 3, "copy": 1}, 1)
    assert (forecast.would_fail, forecast.not_known, forecast.problem) == (3, 0, "")
    assert forecast.causes == {
        Cause("no-target", "the stack has no topic loan-lost", "lost", "topic:loan-lost"): 2,
        Cause("not-parsed", "The body is not valid JSON at line 1, column 1.", "", ""): 1,
    }
    assert queues.dead_letters.depth() == Depth(7, 0)


def test_copies_and_those_kept_back_are_not_predicted(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A replay would not send them."""
    queues.put(loan(1), receipt_id="r1")
    queues.put(loan(1), receipt_id="r1", failure=None)
    queues.put(loan(5), receipt_id="r5", replay={"count": 3})
    plan = plan_of(dead_letters)
    assert (plan.chosen, plan.copies, plan.beyond_limit, plan.forecast.would_deliver) == (3, 1, 1, 1)


def test_a_target_that_cannot_be_looked_up_is_not_known(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A missing permission makes no dead letter look as if it would be delivered."""
    queues.put(loan(1))
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "all"]), ROUTES)
    service = DeadLetterService(dead_letters._replace(scope=scope))
    with Stubber(queues.aws.sns) as stub:
        stub.add_client_error("get_topic_attributes", "AuthorizationError")
        stub.add_client_error("get_topic_attributes", "AuthorizationError")
        forecast = service.plan_replay(service.select(Filters()), OPTIONS).forecast
    assert (forecast.would_deliver, forecast.not_known) == (0, 1)
    assert "sns:GetTopicAttributes is missing" in forecast_text(forecast_data(forecast), 0)


def test_without_routes_the_problem_is_kept(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The plan itself has all its counts."""
    queues.put(loan(1))
    service = DeadLetterService(dead_letters._replace(scope=with_targets(dead_letters.scope, ["all"])))
    plan = service.plan_replay(service.select(Filters()), OPTIONS)
    assert (plan.would_send, plan.forecast.would_deliver, plan.forecast.not_known) == (1, 0, 0)
    assert plan.forecast.problem.startswith("The deployed routes cannot be read: the stack does not say")


def test_notifications_are_counted_by_topic(dead_notifications: DeadLetterStore, notified: NotificationQueues) -> None:
    """One that was accepted would not be sent again."""
    for number in (1, 2):
        notified.put(notification(number))
    notified.record(notification(2), "accepted")
    service = DeadLetterService(dead_notifications)
    forecast = service.plan_replay(service.select(Filters()), OPTIONS).forecast
    assert (forecast.would_deliver, forecast.by_topic, forecast.duplicates) == (1, {"library+jobs": 1}, 1)
    sentence = "1 would be delivered to topic library/jobs, 1 was sent before"
    assert forecast_text(forecast_data(forecast), 0) == sentence


Count = Callable[[ReplayForecast], None]
LOST = Permanent("refused", "no such topic", route="lost", target="topic:a")


@pytest.mark.parametrize(
    ("counted", "expire_soon", "sentence"),
    [
        ([lambda it: it.deliver(["loans"])] * 212, 4, "212 would be delivered by route loans, 4 expire within a day"),
        (
            [lambda it: it.deliver(["a", "b"]), lambda it: it.deliver(["a"])],
            0,
            "2 would be delivered by routes a (2); b (1)",
        ),
        (
            [lambda it: it.fail(LOST)],
            1,
            "1 would fail again (refused: no such topic, route lost, topic:a), 1 expires within a day",
        ),
        ([lambda it: it.doubt(f"why {len(it.doubts)}")] * 5, 0, "5 not known (why 0; why 1; why 2; 2 more)"),
    ],
)
def test_the_sentence(counted: list[Count], expire_soon: int, sentence: str) -> None:
    """It begins with what would be delivered, and leaves out what there is none of."""
    forecast = ReplayForecast()
    for count in counted:
        count(forecast)
    assert forecast_text(forecast_data(forecast), expire_soon) == sentence


def test_reasons_that_differ_by_body_are_counted_together_after_some() -> None:
    """Thousands of dead letters with a reason each do not fill the memory or the page."""
    forecast = ReplayForecast()
    for number in range(5_000):
        forecast.fail(Permanent("template", f"line {number}"))
    assert (forecast.would_fail, len(forecast.causes)) == (5_000, 201)
    assert forecast.causes[Cause("template", "other reasons", "", "")] == 4_800


@pytest.mark.full  # measures memory
def test_f54_a_plan_of_thousands_keeps_no_body(dead_letters: DeadLetterStore) -> None:
    """It keeps an ID and a digest of each, some hundred bytes, and a body has ten thousand."""

    def make(number: int) -> DeadLetter:
        body = loan(number).replace(b"{", b'{"padding": "' + b"x" * 10_000 + b'", ', 1)
        sent = Envelope(body, f"r{number}", "2026-11-20T00:00:00.000Z", "alma", failure=CAUSE).encode()
        return DeadLetter(f"m{number}", "h", sent.body, sent.attributes, datetime.now(UTC))

    plan_of(dead_letters._replace(queue=Crowd(1, make)))  # imports modules and fills caches
    plans: list[ReplayPlan] = []
    peak = peak_of(lambda: plans.append(plan_of(dead_letters._replace(queue=Crowd(5_000, make)))))
    assert (plans[0].forecast.would_deliver, peak < 10_000_000) == (5_000, True)
