"""The texts that a route renders for its deliveries."""

import pytest

from processor.delivery import Delivery, NotificationDelivery
from processor.errors import Permanent
from processor.routing.compile import compile_routes
from scripts.routes.explain import explain, received_now
from tests.processor.routing.test_router import plan
from tests.samples import STAGES

QUEUE = "queue: 'arn:aws:sqs:us-east-1:123456789012:q.fifo'"
BUS = "event_bus: 'arn:aws:events:us-east-1:123456789012:event-bus/b'"
HALF = "'{{ \"\\ud800\" ~ action }}'"
REASON = "the text has half of a surrogate pair, which is not a character"


def failed_with(entry: str, let: str = "") -> Permanent:
    """Return the failure of the entry's route. The route beside it delivers."""
    routes = f"- {{name: good, deliver: [{{topic: t}}]}}\n- {{name: bad, {let}deliver: [{{{entry}}}]}}"
    good, failed = plan(routes).steps
    assert good.target == "topic:t"
    assert isinstance(failed, Permanent)
    return failed


NOTIFIED = b'{"action":"LOAN","id":"1","event":{"value":"LOAN_DUE"},"profile":"no","title":"no","note":null}'


def test_a_notification_gets_the_fields_the_profile_and_all_names_of_let() -> None:
    """A name of `let` hides a field, and so does the profile, as in the templates of routes."""
    let = "let: {title: '{{ action | lower }}', line: '{{ title }} {{ marker }}'}"
    [made] = plan(
        f"- {{name: a, {let}, deliver: [{{notification: 'library/{{{{ event.value | slug }}}}'}}]}}", NOTIFIED
    ).deliveries
    assert isinstance(made, NotificationDelivery)
    assert (made.target, made.receipt_id, made.place) == ("notification:library/loan-due", "receipt-1", "deliver[0]")
    assert made.values == {
        "action": "LOAN",
        "id": "1",
        "event": {"value": "LOAN_DUE"},
        "note": None,
        "profile": "alma",
        "title": "loan",
        "line": "loan Dev1",
    }
    assert "LOAN" not in repr(made)


def test_a_name_of_let_can_hide_the_profile() -> None:
    """It is the last of the names, as in templates."""
    [made] = plan("- {name: a, let: {profile: x}, deliver: [{notification: a/b}]}").deliveries
    assert isinstance(made, NotificationDelivery)
    assert made.values["profile"] == "x"


def test_a_name_of_let_that_fails_fails_the_notification_only() -> None:
    """A model may use it, and the route cannot know; other entries need only those that they use."""
    let = "let: {good: x, bad: '{{ item_loan.title }}'}"
    first, second = plan(f"- {{name: a, {let}, deliver: [{{topic: t}}, {{notification: a/b}}]}}").steps
    assert isinstance(first, Delivery)
    assert isinstance(second, Permanent)
    assert (second.cause_class, second.field, second.target) == ("template", "let.bad", "notification:a/b")


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (f"{QUEUE}, message_group_id: {HALF}", "message_group_id"),
        (f"{QUEUE}, message_deduplication_id: {HALF}", "message_deduplication_id"),
        (f"{BUS}, source: {HALF}", "source"),
        (f"{BUS}, detail_type: {HALF}", "detail_type"),
        (f"state_machine: s, execution_name: {HALF}", "execution_name"),
        (f"state_machine: s, input: {{a: [x, {HALF}]}}", "input.a[1]"),
        (f"topic: t, message: {HALF}", "message"),
    ],
)
def test_half_of_a_surrogate_pair_fails_its_own_delivery(entry: str, place: str) -> None:
    """AWS takes text as UTF-8, in which it has no form. The failure names the place, and other routes deliver."""
    failed = failed_with(entry)
    assert (failed.cause_class, failed.reason, failed.route) == ("template", REASON, "bad")
    assert failed.field == f"deliver[0].{place}"
    assert failed.target.startswith(entry.partition(":")[0])


def test_half_of_a_surrogate_pair_in_the_name_of_a_target_leaves_the_target_out() -> None:
    """The log and a dead letter could not hold it."""
    failed = failed_with(f"topic: {HALF}")
    assert (failed.reason, failed.target, failed.field) == (REASON, "", "deliver[0].topic")


def test_half_of_a_surrogate_pair_in_let_fails_where_it_is_used() -> None:
    """A name of `let` is only part of a text."""
    failed = failed_with(f"{BUS}, source: 'a {{{{ half }}}}'", f"let: {{half: {HALF}}}, ")
    assert (failed.reason, failed.field) == (REASON, "deliver[0].source")


@pytest.mark.parametrize("text", ["ü", "\U0001f600", "\\ud800"])
def test_other_text_is_delivered(text: str) -> None:
    """Characters beyond ASCII are, and so is an escape that stays text."""
    [step] = plan(f"- {{name: a, deliver: [{{topic: t, message: '{text}{{{{ action }}}}'}}]}}").deliveries
    assert step.message == f"{text}LOAN"  # type: ignore[attr-defined]


def test_routes_explain_shows_the_failure() -> None:
    """It compares sizes in UTF-8 with the limits of AWS."""
    routes = compile_routes(f"{STAGES}routes: [{{name: a, deliver: [{{{BUS}, source: {HALF}}}]}}]")
    found = explain(received_now(b'{"action":"LOAN"}', "alma"), routes, {}, stage="dev")
    assert found.failure is not None
    assert (found.failure.reason, found.failure.field) == (REASON, "deliver[0].source")


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("topic: t, message: x", ""),
        ("state_machine: s, input: {a: x}", "deliver[0].input"),
        ("function: 'arn:aws:lambda:us-east-1:123456789012:function:f', message: x", "deliver[0].message"),
        (BUS, "deliver[0]"),
    ],
)
def test_a_delivery_has_the_place_of_what_is_sent(entry: str, place: str) -> None:
    """A failure of the delivery names it; without an own body it is the entry. A message is never too large."""
    assert [each.place for each in plan(f"- {{name: a, deliver: [{{{entry}}}, {{topic: last}}]}}").deliveries] == [
        place,
        "",
    ]
