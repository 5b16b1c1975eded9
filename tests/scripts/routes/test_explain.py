"""Test that an event is explained as a plan or an error, without sending anything."""

from processor.routing.compile import compile_routes
from processor.routing.compiled_routes import CompiledRoutes
from scripts.routes.explain import as_data, explain, received_now
from tests.samples import STAGES, body_of, envelope_of


def routes(text: str) -> CompiledRoutes:
    return compile_routes(f"{STAGES}routes:\n{text}")


TARGETS = {"topic": {"t"}, "state_machine": {"s"}}
TOPIC_AND_STATE_MACHINE = routes("- {name: both, deliver: [{topic: t}, {state_machine: s, input: {a: b}}]}")


def test_each_delivery_is_shown_exactly() -> None:
    """Message and attributes of a topic, name and input of an execution are shown."""
    data = as_data(explain(envelope_of(body_of("bib-updated")), TOPIC_AND_STATE_MACHINE, TARGETS, stage="dev"))
    topic, state_machine = data["deliveries"]
    assert topic["message"].encode() == body_of("bib-updated")
    assert topic["attributes"]["receipt_id"] == "receipt-1"
    assert (state_machine["target"], state_machine["input"]) == ("state_machine:s", {"a": "b"})
    assert state_machine["execution_name"].startswith("both-")
    assert data["routes"] == [{"route": "both", "fires": True, "reason": ""}]


QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
PART = "x" * 160_000
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/b"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def test_own_bodies_are_shown_as_they_would_be_sent() -> None:
    """The text of a message, and the JSON values of an input; a message that is too large is a pointer."""
    entries = (
        'topic: t, message: "{{ action }}!"',
        f'queue: "{QUEUE}", message: ["{PART}", "{PART}"]',
        f'event_bus: "{BUS}", input: {{count: !json "{{{{ 1 + 1 }}}}"}}',
        f'function: "{FUNCTION}", message: "{{{{ action }}}}"',
    )
    own = routes("- {name: own, deliver: [" + ", ".join(f"{{{entry}}}" for entry in entries) + "]}")
    data = as_data(explain(envelope_of(body_of("loan-created")), own, TARGETS, stage="dev"))
    topic, queue, bus, function = data["deliveries"]
    assert (topic["message"], topic["attributes"]["event"]) == ("LOAN!", "LOAN_CREATED")
    assert queue["attributes"]["ExtendedPayloadSize"] == "320008"
    assert (bus["detail"], function["payload"]) == ({"count": 2}, "LOAN")


def test_an_input_that_is_too_large_is_a_failure() -> None:
    """Of every kind of target that has a limit."""
    large = routes(
        f"""- {{name: a, deliver: [{{function: "{FUNCTION}", message: [{", ".join([f'"{PART}"'] * 7)}]}}]}}"""
    )
    data = as_data(explain(envelope_of(body_of("loan-created")), large, TARGETS, stage="dev"))
    assert (data["failure"]["class"], data["failure"]["field"]) == ("too-large", "deliver[0].message")
    assert data["deliveries"] == []


def test_ids_and_delay_are_shown_where_they_are_sent() -> None:
    """A standard queue without a delay shows neither."""
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    entries = f"{{queue: '{arn}'}}, {{queue: '{arn}-2', delay: 1m}}, {{queue: '{arn}.fifo', message_group_id: g}}"
    data = as_data(
        explain(
            envelope_of(body_of("loan-created")),
            routes(f"- {{name: a, deliver: [{entries}]}}"),
            TARGETS | {"queue": ()},
            stage="dev",
        )
    )
    always = {"route", "target", "message", "attributes"}
    plain, delayed, fifo = data["deliveries"]
    assert [{*each} - always for each in (plain, delayed)] == [set(), {"delay_seconds"}]
    assert (delayed["delay_seconds"], fifo["message_group_id"]) == (60, "g")
    assert len(fifo["message_deduplication_id"]) == 64


def test_an_event_whose_template_fails_keeps_its_name_and_gets_the_error() -> None:
    """The failure has class, route and field."""
    failing = routes('- {name: bad, deliver: [{topic: "{{ nothing }}"}]}')
    data = as_data(explain(envelope_of(body_of("loan-created")), failing, TARGETS, stage="dev"))
    assert (data["event"], data["deliveries"]) == ("LOAN_CREATED", [])
    assert (data["failure"]["class"], data["failure"]["route"]) == ("template", "bad")
    assert data["failure"]["field"] == "deliver[0].topic"


def test_an_invalid_event_is_explained_too() -> None:
    """It has a reason and no action."""
    data = as_data(explain(envelope_of(b"<a/>"), TOPIC_AND_STATE_MACHINE, TARGETS, stage="dev"))
    assert (data["action"], data["failure"]["class"]) == (None, "not-parsed")


def test_a_body_is_explained_as_if_it_had_come_just_now() -> None:
    """The profile is the given one."""
    body = body_of("loan-created")
    data = as_data(explain(received_now(body, "consortium"), TOPIC_AND_STATE_MACHINE, TARGETS, stage="dev"))
    assert data["deliveries"][0]["attributes"]["profile"] == "consortium"


def test_a_target_that_the_stack_does_not_have_is_a_failure() -> None:
    """Names that depend on the event are checked too; the matching routes are still shown."""
    computed = routes('- {name: a, deliver: [{topic: "x-{{ event.value | slug }}"}]}')
    data = as_data(explain(envelope_of(body_of("loan-created")), computed, TARGETS, stage="dev"))
    assert (data["failure"]["class"], data["deliveries"]) == ("no-target", [])
    assert data["failure"]["reason"] == "the stack has no topic x-loan-created"
    assert data["routes"] == [{"route": "a", "fires": True, "reason": ""}]


def test_each_failure_of_a_route_is_kept_and_f69_the_other_deliveries_are_made() -> None:
    """Also if a failed delivery has the route and the target of one that is made."""
    named = '{state_machine: s, name: a}, {state_machine: s, name: b, input: {x: "{{ nothing }}"}}'
    failing = routes(f'- {{name: r, deliver: [{named}, {{topic: "{{{{ x }}}}"}}, {{topic: "{{{{ y }}}}"}}]}}')
    data = as_data(explain(envelope_of(body_of("loan-created")), failing, TARGETS, stage="dev"))
    fields = [each["field"] for each in (data["failure"], *data["other_failures"])]
    assert fields == ["deliver[1].input.x", "deliver[2].topic", "deliver[3].topic"]
    assert [each["target"] for each in data["deliveries"]] == ["state_machine:s"]


NOTIFIED = routes('- {name: people, let: {who: me}, deliver: [{notification: "library/{{ event.value | slug }}"}]}')


def test_a_notification_is_shown_with_its_values() -> None:
    """The topic has the text, and the route the values."""
    data = as_data(explain(envelope_of(body_of("loan-created")), NOTIFIED, TARGETS, stage="dev"))
    [delivery] = data["deliveries"]
    assert (delivery["target"], delivery["receipt_id"]) == ("notification:library/loan-created", "receipt-1")
    assert delivery["values"]["who"] == "me"
    assert delivery["values"]["event"]["value"] == "LOAN_CREATED"


def test_a_wrong_topic_of_notifications_is_a_failure() -> None:
    """Its form, or its name if the topics are known."""
    wrong = routes("- {name: people, deliver: [{notification: '{{ action }}'}]}")
    for compiled, targets, reason in (
        (wrong, TARGETS, "the target is not CHANNEL/TOPIC"),
        (NOTIFIED, {**TARGETS, "notification": {"library/jobs"}}, "there is no such topic"),
    ):
        data = as_data(explain(envelope_of(body_of("loan-created")), compiled, targets, stage="dev"))
        assert (data["failure"]["class"], data["deliveries"]) == ("no-target", [])
        assert data["failure"]["reason"].startswith(reason)
    known = {**TARGETS, "notification": {"library/loan-created"}}
    assert as_data(explain(envelope_of(body_of("loan-created")), NOTIFIED, known, stage="dev"))["failure"] is None
