"""The router: which routes match, in which order a route is evaluated, and which deliveries result."""

import json
from typing import Any

import pytest

from processor.alma.events import parse
from processor.alma.identity import delivery_key, identity_of
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
)
from processor.routing.compile import compile_routes
from processor.routing.router import Decision, Router, RoutingPlan
from tests.samples import STAGES, body_of, envelope_of


def plan(routes: str, body: bytes = b'{"action":"LOAN","id":"1"}', stage: str = "dev", **envelope: Any) -> RoutingPlan:
    router = Router(compile_routes(f"{STAGES}routes:\n{routes}"), stage)
    return router.plan(parse(body), envelope_of(body, **envelope))


def delivery(routes: str, body: bytes = b'{"action":"LOAN","id":"1"}', **more: Any) -> Delivery:
    [only] = plan(routes, body, **more).deliveries
    return only


def test_all_matching_routes_deliver() -> None:
    """Every matching route delivers, in the order of the file; a route without `when` matches everything."""
    made = plan(
        """
        - {name: a, when: {action: [LOAN]}, deliver: [{topic: t}, {topic: u}]}
        - {name: b, when: {action: [BIB]}, deliver: [{topic: t}]}
        - {name: c, deliver: [{topic: t}]}
        """
    )
    assert [(one.route, one.target) for one in made.deliveries] == [
        ("a", "topic:t"),
        ("a", "topic:u"),
        ("c", "topic:t"),
    ]
    assert [(one.route, one.fires) for one in made.decisions] == [("a", True), ("b", False), ("c", True)]
    assert made.decisions[1].reason == 'when: action does not match ["BIB"]'


CATCH_ALL = """
        - {name: all, deliver: [{topic: t}]}
        - {name: own, when: {action: [HEARTBEAT]}, deliver: [{topic: u}]}
        - {name: last, fallback: true, deliver: [{topic: other}]}
        """


def test_f57_the_heartbeat_goes_to_its_topic_and_fires_no_other_route() -> None:
    """The route of the heartbeat comes first, and no route of the file sees its profile, not even a fallback."""
    made = plan(CATCH_ALL, b'{"action":"HEARTBEAT","id":"1"}', profile="heartbeat")
    assert [(one.route, one.target) for one in made.deliveries] == [("heartbeat", "topic:heartbeat")]
    assert [(one.route, one.fires) for one in made.decisions] == [
        ("heartbeat", True),
        ("all", False),
        ("own", False),
        ("last", False),
    ]
    assert made.decisions[1].reason == "the profile heartbeat uses its built-in route only"


def test_f57_another_event_of_the_heartbeats_profile_is_ignored() -> None:
    """The heartbeat's secret can neither post events of Alma nor keep the alarm silent."""
    made = plan(CATCH_ALL, profile="heartbeat")
    assert (made.deliveries, [one.fires for one in made.decisions]) == ([], [False] * 4)


def test_f57_no_other_profile_can_send_a_heartbeat() -> None:
    """The same body from an Alma profile is an ordinary event."""
    made = plan(CATCH_ALL, b'{"action":"HEARTBEAT","id":"1"}')
    assert [(one.route, one.target) for one in made.deliveries] == [("all", "topic:t"), ("own", "topic:u")]


@pytest.mark.parametrize(("action", "route"), [("LOAN", "a"), ("BIB", "last")])
def test_a_fallback_matches_when_no_other_route_did(action: str, route: str) -> None:
    """A fallback is evaluated last, wherever it is in the file."""
    routes = """
        - {name: last, fallback: true, deliver: [{topic: other}]}
        - {name: a, when: {action: [LOAN]}, deliver: [{topic: t}]}
        """
    assert delivery(routes, json.dumps({"action": action}).encode()).route == route


def test_a_fallback_explains_why_it_does_not_match() -> None:
    """The reason says that another route matched."""
    made = plan("- {name: last, fallback: true, deliver: [{topic: other}]}\n- {name: a, deliver: [{topic: t}]}")
    assert made.decisions == [
        Decision("a", fires=True),
        Decision("last", fires=False, reason="another route matched or failed, so this fallback does not fire"),
    ]


def test_an_event_that_the_fallback_rejects_has_no_deliveries() -> None:
    """The conditions of a fallback apply; an event without a matching route has no deliveries."""
    made = plan("- {name: last, fallback: true, when: {action: [BIB]}, deliver: [{topic: other}]}")
    assert made.deliveries == []


@pytest.mark.parametrize(("stage", "fires"), [("dev", True), ("prod", False)])
def test_when_uses_the_variables_of_the_stage(stage: str, fires: bool) -> None:
    """The marker of the stage decides."""
    made = plan(
        '- {name: a, when: {id: ["{{ marker }}"]}, deliver: [{topic: t}]}', b'{"action":"X","id":"Dev1"}', stage
    )
    assert bool(made.deliveries) is fires


@pytest.mark.parametrize("count", [b"5", b"true", b"null"])
def test_when_compares_values_other_than_text_unchanged(count: bytes) -> None:
    """Variables of the stage do not convert numbers, booleans and null in a pattern to text."""
    body = b'{"action":"X","count":%b}' % count
    assert plan("- {name: a, when: {count: [5, true, null]}, deliver: [{topic: t}]}", body).deliveries


def test_let_hides_stage_variables_which_hide_fields() -> None:
    """A name is looked up in `let`, then in the variables of the stage, then in the event."""
    body = b'{"action":"X","marker":"field","seen":"field"}'
    let = '{seen: "{{ marker }}", twice: "{{ seen }}2"}'
    routes = f'- {{name: a, let: {let}, deliver: [{{topic: "{{{{ seen }}}}-{{{{ twice }}}}"}}]}}'
    assert delivery(routes, body).name == "Dev1-Dev12"


def test_if_is_evaluated_after_let() -> None:
    """A condition uses the names of `let`, and has a reason when it is false."""
    made = plan('- {name: a, let: {kind: "{{ action | lower }}"}, if: kind == "bib", deliver: [{topic: t}]}')
    assert made.deliveries == []
    assert made.decisions[0].reason == 'if: kind == "bib" does not hold'


def test_a_route_that_does_not_match_is_not_evaluated_further() -> None:
    """A template that would fail has no effect if `when` does not match."""
    routes = '- {name: a, when: {action: [BIB]}, let: {x: "{{ missing }}"}, deliver: [{topic: t}]}'
    assert plan(routes).deliveries == []


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ('let: {x: "{{ a.b }}"}, deliver: [{topic: "{{ x }}"}]', "let.x"),
        ('let: {x: "{{ a.b }}", z: "{{ x }}"}, if: z == "c", deliver: [{topic: t}]', "let.x"),
        ("if: a.b > 1, deliver: [{topic: t}]", "if"),
        ('deliver: [{topic: t}, {topic: "{{ a.b }}"}]', "deliver[1].topic"),
        ('deliver: [{state_machine: "{{ a.b }}"}]', "deliver[0].state_machine"),
        ('deliver: [{state_machine: s, execution_name: "{{ a.b }}"}]', "deliver[0].execution_name"),
        ('deliver: [{state_machine: s, input: {date: "{{ a.b[:10] }}"}}]', "deliver[0].input.date"),
    ],
)
def test_f69_a_failed_template_is_a_failed_delivery_and_affects_no_other_route(rest: str, field: str) -> None:
    """A missing field is reported with route and field; the routes before and after it deliver, and no fallback."""
    good = "{{name: {}, deliver: [{{topic: t}}]}}"
    made = plan(f"- {good.format('before')}\n- {{name: bad, {rest}}}\n- {good.format('after')}\n- {FALLBACK}")
    [failure] = made.failures
    assert (failure.cause_class, failure.route, failure.field) == ("template", "bad", field)
    assert failure.reason.endswith("uses a field that the event does not have")
    delivered = [each.route for each in made.deliveries]
    assert [each for each in delivered if each != "bad"] == ["before", "after"]
    assert [decision.route for decision in made.decisions] == ["before", "bad", "after", "last"]


FALLBACK = "{name: last, fallback: true, deliver: [{topic: other}]}"


@pytest.mark.parametrize(
    ("rest", "is_taken"),
    [
        ("if: a.b > 1, deliver: [{topic: t}]", False),
        ('deliver: [{topic: "{{ a.b }}"}]', False),
        ("when: {action: [BIB]}, if: a.b > 1, deliver: [{topic: t}]", True),
        ("if: a is defined, deliver: [{topic: t}]", True),
    ],
)
def test_f69_a_fallback_does_not_take_the_event_of_a_route_that_failed(rest: str, *, is_taken: bool) -> None:
    """Whether that route matches is not known; one whose `when` or `if` does not match is."""
    made = plan(f"- {{name: bad, {rest}}}\n- {FALLBACK}")
    assert [delivery.route for delivery in made.deliveries] == (["last"] if is_taken else [])


def test_f69_an_entry_that_fails_does_not_affect_the_others_of_its_route() -> None:
    """The steps are in the order of the file; a failure has the target if that is known."""
    entries = '[{topic: x}, {topic: "{{ a.b }}"}, {state_machine: s, input: {c: "{{ a.b }}"}}, {topic: z}]'
    made = plan(f"- {{name: a, deliver: {entries}}}")
    assert [step.target for step in made.steps] == ["topic:x", "", "state_machine:s", "topic:z"]
    assert [failure.field for failure in made.failures] == ["deliver[1].topic", "deliver[2].input.c"]


def test_f70_a_name_of_let_is_rendered_where_it_is_used() -> None:
    """A condition protects it, and one that is never used has no effect; their order in the file has none either."""
    let = '{code: "{{ library.value }}", label: "{{ upper }}!", upper: "{{ code | upper }}", never: "{{ a.b }}"}'
    routes = f'- {{name: a, let: {let}, if: library is defined, deliver: [{{topic: "{{{{ label }}}}"}}]}}'
    assert plan(routes).deliveries == []
    assert delivery(routes, b'{"action":"LOAN","id":"1","library":{"value":"main"}}').name == "MAIN!"


def test_f70_a_name_of_let_can_use_the_field_that_it_hides() -> None:
    """As for a default."""
    routes = '- {name: a, let: {kind: "{{ kind | default(\'none\') }}"}, deliver: [{topic: "{{ kind }}"}]}'
    assert delivery(routes).name == "none"
    assert delivery(routes, b'{"action":"LOAN","id":"1","kind":"x"}').name == "x"


def test_the_second_of_two_entries_that_render_to_one_target_fails() -> None:
    """The record of the first would suppress it without a word."""
    made = plan("- {name: a, deliver: [{topic: x}, {topic: \"{{ 'x' }}\"}]}")
    [failure] = made.failures
    assert failure.reason.endswith("its own name")
    assert len(made.deliveries) == 1
    assert (failure.cause_class, failure.route, failure.target, failure.field) == (
        "template",
        "a",
        "topic:x",
        "deliver",
    )


def test_f59_a_route_takes_events_of_its_profiles_only() -> None:
    """The secret of a partner starts nothing of a route that names others; a route without profiles takes all."""
    routes = f"- {{name: own, profiles: [alma, other], deliver: [{{state_machine: s}}]}}\n- {FALLBACK}"
    assert [each.route for each in plan(routes, profile="alma").deliveries] == ["own"]
    made = plan(routes, profile="partner")
    assert [each.route for each in made.deliveries] == ["last"]
    assert made.decisions[0].reason == "profiles: partner is not one of alma, other"
    assert plan("- {name: all, deliver: [{topic: t}]}", profile="partner").deliveries


def test_f59_the_condition_of_another_profiles_route_is_not_evaluated() -> None:
    """It could fail."""
    routes = "- {name: own, profiles: [alma], if: a.b > 1, deliver: [{topic: t}]}"
    assert plan(routes, profile="partner").steps == []


def test_templates_have_the_names_of_the_request() -> None:
    """They hide fields of the event, and let hides them."""
    body = b'{"action":"LOAN","id":"1","profile":"of the event"}'
    template = '"{{ profile }} {{ receipt_id }} {{ received_at[:10] }}"'
    routes = f"- {{name: a, if: profile == 'partner', deliver: [{{state_machine: s, input: {{x: {template}}}}}]}}"
    made = delivery(routes, body, profile="partner")
    assert isinstance(made, StateMachineDelivery)
    assert json.loads(made.input)["x"] == f"partner receipt-1 {envelope_of(body).received_at[:10]}"
    hidden = '- {name: a, let: {profile: x}, deliver: [{topic: "{{ profile }}"}]}'
    assert delivery(hidden, body, profile="partner").name == "x"


def test_a_topic_gets_the_body_and_at_most_ten_attributes() -> None:
    """The message is the body byte for byte, with the attributes by which subscribers filter."""
    body = body_of("loan-due-date")
    made = delivery("- {name: a, deliver: [{topic: t}]}", body)
    assert isinstance(made, TopicDelivery)
    assert made.message.encode() == body
    assert made.attributes == {
        "action": "LOAN",
        "event": "LOAN_DUE_DATE",
        "institution": "01EXAMPLE_INST",
        "profile": "alma",
        "receipt_id": "receipt-1",
        "identity": plan("- {name: a, deliver: [{topic: t}]}", body).identity,
        "event_time": "2026-05-12T09:14:06.031Z",
        "encoding": "utf-8",
    }


def test_empty_attributes_are_omitted_and_long_ones_cut() -> None:
    """SNS accepts no empty attribute, and the size of an attribute is limited."""
    made = delivery("- {name: a, deliver: [{topic: t}]}", json.dumps({"action": "x" * 300 + "\0"}).encode())
    assert isinstance(made, TopicDelivery)
    assert made.attributes["action"] == "X" * 256
    assert "event" not in made.attributes
    assert "institution" not in made.attributes


def test_an_execution_gets_its_input_as_text_values() -> None:
    """Input is an object of rendered texts; the name starts with the route's name and ends with the key's digest."""
    body = '{"action":"JOB_END","id":"1","n":209.0,"t":"ü"}'.encode()
    made = delivery('- {name: jobs, deliver: [{state_machine: s, input: {a-b: "{{ n }} {{ t }}", c: d}}]}', body)
    assert isinstance(made, StateMachineDelivery)
    assert made.input == '{"a-b": "209.0 ü", "c": "d"}'
    assert made.execution_name.startswith("jobs-")


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"action":"x","n":"209.0"}', b"<webhook><action>x</action><n>209.0</n></webhook>"]
)
def test_an_execution_without_input_gets_the_fields_of_the_event(body: bytes) -> None:
    """The default input is the event as routes see it, as JSON, for JSON and XML bodies."""
    made = delivery("- {name: a, deliver: [{state_machine: s}]}", body)
    assert isinstance(made, StateMachineDelivery)
    assert json.loads(made.input) == {"action": "X", "n": "209.0"}


def test_a_queue_gets_the_same_as_a_topic() -> None:
    """Body and attributes are the same for queues and topics."""
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    topic, queue = plan(f"- {{name: a, deliver: [{{topic: t}}, {{queue: '{arn}'}}]}}").deliveries
    assert isinstance(topic, TopicDelivery)
    assert isinstance(queue, QueueDelivery)
    assert (queue.message, queue.attributes, queue.target) == (topic.message, topic.attributes, f"queue:{arn}")


@pytest.mark.parametrize(
    ("options", "source", "detail_type"),
    [("", "alma-webhooks", "LOAN_LOST"), (', source: "a.{{ marker }}", detail_type: "{{ action }}"', "a.Dev1", "LOAN")],
)
def test_an_event_bus_gets_the_fields_with_source_and_type(options: str, source: str, detail_type: str) -> None:
    """The route can set source and type; the defaults are the project and the code of the event."""
    arn = "arn:aws:events:us-east-1:123456789012:event-bus/b"
    body = b'{"action":"loan","event":{"value":"LOAN_LOST"}}'
    made = delivery(f"- {{name: a, deliver: [{{event_bus: '{arn}'{options}}}]}}", body)
    assert isinstance(made, EventBusDelivery)
    assert (made.source, made.detail_type) == (source, detail_type)
    assert json.loads(made.detail) == {"action": "LOAN", "event": {"value": "LOAN_LOST"}}


@pytest.mark.parametrize("body", [b'{"action":"JOB_END"}', b'{"action":"JOB_END","event":null}'])
def test_an_event_without_a_code_has_its_action_as_type(body: bytes) -> None:
    """A JOB_END has no event value."""
    arn = "arn:aws:events:us-east-1:123456789012:event-bus/b"
    made = delivery(f"- {{name: a, deliver: [{{event_bus: '{arn}'}}]}}", body)
    assert isinstance(made, EventBusDelivery)
    assert made.detail_type == "JOB_END"


def test_a_function_gets_the_fields() -> None:
    """The payload is the event as routes see it, as JSON."""
    made = delivery("- {name: a, deliver: [{function: 'arn:aws:lambda:us-east-1:123456789012:function:f'}]}")
    assert isinstance(made, FunctionDelivery)
    assert json.loads(made.payload) == {"action": "LOAN", "id": "1"}


@pytest.mark.parametrize(
    "target",
    [
        "topic:t",
        "state_machine:s",
        "queue:arn:aws:sqs:us-east-1:123456789012:q",
        "event_bus:arn:aws:events:us-east-1:123456789012:event-bus/b",
        "function:arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_every_delivery_names_route_target_and_key(target: str) -> None:
    """Every kind of delivery has its route, its target and its key."""
    kind, _, name = target.partition(":")
    routes = f"- {{name: a, deliver: [{{{kind}: '{name}'}}]}}"
    made = delivery(routes)
    key = delivery_key(plan(routes).identity, route="a", target=target)
    assert (made.route, made.target, made.key) == ("a", target, key)


def test_text_in_every_script_is_not_escaped() -> None:
    """JSON for a target is not escaped: a non-ASCII character stays one character."""
    made = delivery("- {name: a, deliver: [{state_machine: s}]}", '{"action":"X","t":"数ü"}'.encode())
    assert isinstance(made, StateMachineDelivery)
    assert made.input == '{"action": "X", "t": "数ü"}'


def test_a_plan_has_the_identity_of_the_event() -> None:
    """The end of a job is identified by its id."""
    body = body_of("job-end-pod")
    assert plan("- {name: a, deliver: [{topic: t}]}", body).identity == identity_of(parse(body), envelope_of(body))


def test_the_key_names_identity_route_target_and_entry() -> None:
    """Two entries for one target differ by their names, and the keys of an event never change."""
    routes = "- {name: a, deliver: [{topic: t, name: first}, {topic: t, name: second}]}"
    first, again = plan(routes), plan(routes)
    keys = [delivery_key(first.identity, route="a", target="topic:t", entry=entry) for entry in ("first", "second")]
    assert [one.key for one in first.deliveries] == keys
    assert first == again


def test_a_replay_that_delivers_again_has_keys_of_its_own() -> None:
    """Only `redeliver` makes the id of the replay part of the key."""
    routes = "- {name: a, deliver: [{topic: t}]}"
    plain = delivery(routes).key
    assert delivery(routes, replay={"id": "r1"}).key == plain
    again = delivery_key(plan(routes).identity, route="a", target="topic:t", replay_id="r1")
    assert delivery(routes, replay={"id": "r1", "redeliver": True}).key == again != plain
    assert delivery(routes, replay={"redeliver": True}).key == plain


def test_f22_events_and_deliveries_do_not_show_their_content() -> None:
    """The representation of events and deliveries contains no patron data."""
    body = body_of("loan-created")
    assert repr(parse(body)) == str(parse(body)) == "Event(…)"
    assert repr(delivery("- {name: a, deliver: [{topic: t}]}", body)) == "TopicDelivery('a', 'topic:t', …)"
