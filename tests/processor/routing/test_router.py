"""Routing: which routes fire, in what order a route is read, and what deliveries come out."""

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
from processor.errors import Permanent
from processor.routing.compile import compile_routes
from processor.routing.router import Decision, Router, RoutingPlan
from tests.samples import STAGES, body_of, envelope_of


def plan(routes: str, body: bytes = b'{"action":"LOAN","id":"1"}', stage: str = "dev", **envelope: Any) -> RoutingPlan:
    router = Router(compile_routes(f"{STAGES}routes:\n{routes}"), stage)
    return router.plan(parse(body), envelope_of(body, **envelope))


def delivery(routes: str, body: bytes = b'{"action":"LOAN","id":"1"}', **more: Any) -> Delivery:
    [only] = plan(routes, body, **more).deliveries
    return only


def test_all_routes_that_match_fire() -> None:
    """Every matching route delivers, in the order of the file; a route without when matches everything."""
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
    """Its own route comes first, and no route of the file sees its profile: no catch-all, no fallback."""
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
    """With that secret nobody can post events of Alma or keep the alarm silent."""
    made = plan(CATCH_ALL, profile="heartbeat")
    assert (made.deliveries, [one.fires for one in made.decisions]) == ([], [False] * 4)


def test_f57_no_other_profile_can_make_a_heartbeat() -> None:
    """The same body from Alma's profile is an ordinary event."""
    made = plan(CATCH_ALL, b'{"action":"HEARTBEAT","id":"1"}')
    assert [(one.route, one.target) for one in made.deliveries] == [("all", "topic:t"), ("own", "topic:u")]


@pytest.mark.parametrize(("action", "route"), [("LOAN", "a"), ("BIB", "last")])
def test_a_fallback_fires_when_no_other_did(action: str, route: str) -> None:
    """A fallback is tried last, wherever it stands in the file."""
    routes = """
        - {name: last, fallback: true, deliver: [{topic: other}]}
        - {name: a, when: {action: [LOAN]}, deliver: [{topic: t}]}
        """
    assert delivery(routes, json.dumps({"action": action}).encode()).route == route


def test_a_fallback_says_why_it_does_not_fire() -> None:
    """The reason says that another route matched."""
    made = plan("- {name: last, fallback: true, deliver: [{topic: other}]}\n- {name: a, deliver: [{topic: t}]}")
    assert made.decisions == [
        Decision("a", fires=True),
        Decision("last", fires=False, reason="another route matched, so this fallback does not fire"),
    ]


def test_nothing_fires_when_the_fallback_does_not_match_either() -> None:
    """A fallback's own conditions count; an event that nothing wants has no deliveries."""
    made = plan("- {name: last, fallback: true, when: {action: [BIB]}, deliver: [{topic: other}]}")
    assert made.deliveries == []


@pytest.mark.parametrize(("stage", "fires"), [("dev", True), ("prod", False)])
def test_when_sees_the_stages_variables(stage: str, fires: bool) -> None:
    """The marker of the stage decides."""
    made = plan(
        '- {name: a, when: {id: ["{{ marker }}"]}, deliver: [{topic: t}]}', b'{"action":"X","id":"Dev1"}', stage
    )
    assert bool(made.deliveries) is fires


@pytest.mark.parametrize("count", [b"5", b"true", b"null"])
def test_when_compares_what_is_no_text_as_it_is(count: bytes) -> None:
    """Numbers, true and null in a pattern are not made text by the stage's variables."""
    body = b'{"action":"X","count":%b}' % count
    assert plan("- {name: a, when: {count: [5, true, null]}, deliver: [{topic: t}]}", body).deliveries


def test_let_hides_a_variable_which_hides_a_field() -> None:
    """A name means the route's let before the stage's variable before the event's field."""
    body = b'{"action":"X","marker":"field","seen":"field"}'
    let = '{seen: "{{ marker }}", twice: "{{ seen }}2"}'
    routes = f'- {{name: a, let: {let}, deliver: [{{topic: "{{{{ seen }}}}-{{{{ twice }}}}"}}]}}'
    assert delivery(routes, body).name == "Dev1-Dev12"


def test_if_decides_after_let() -> None:
    """A condition sees what let named, and says so when it does not hold."""
    made = plan('- {name: a, let: {kind: "{{ action | lower }}"}, if: kind == "bib", deliver: [{topic: t}]}')
    assert made.deliveries == []
    assert made.decisions[0].reason == 'if: kind == "bib" does not hold'


def test_a_route_that_when_rejects_is_not_read_further() -> None:
    """A template that would fail does not matter for an event that the route does not want."""
    routes = '- {name: a, when: {action: [BIB]}, let: {x: "{{ missing }}"}, deliver: [{topic: t}]}'
    assert plan(routes).deliveries == []


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ('let: {x: "{{ a.b }}"}, deliver: [{topic: t}]', "let.x"),
        ("if: a.b > 1, deliver: [{topic: t}]", "if"),
        ('deliver: [{topic: t}, {topic: "{{ a.b }}"}]', "deliver[1].topic"),
        ('deliver: [{state_machine: "{{ a.b }}"}]', "deliver[0].state_machine"),
        ('deliver: [{state_machine: s, execution_name: "{{ a.b }}"}]', "deliver[0].execution_name"),
        ('deliver: [{state_machine: s, input: {date: "{{ a.b[:10] }}"}}]', "deliver[0].input.date"),
    ],
)
def test_a_template_that_fails_is_permanent_and_plans_nothing(rest: str, field: str) -> None:
    """A missing field names route and field, and no delivery of any route comes out."""
    with pytest.raises(Permanent) as failed:
        plan(f"- {{name: good, deliver: [{{topic: t}}]}}\n- {{name: bad, {rest}}}")
    assert (failed.value.cause_class, failed.value.route, failed.value.field) == ("template", "bad", field)
    assert failed.value.reason.endswith("uses a field that the event does not have")


def test_two_entries_that_render_to_one_target_are_rejected() -> None:
    """What the check cannot see is found before anything is delivered."""
    with pytest.raises(Permanent, match="its own name") as raised:
        plan("- {name: a, deliver: [{topic: x}, {topic: \"{{ 'x' }}\"}]}")
    failure = raised.value
    assert (failure.cause_class, failure.route, failure.target, failure.field) == (
        "template",
        "a",
        "topic:x",
        "deliver",
    )


def test_a_topic_gets_the_body_and_at_most_ten_attributes() -> None:
    """The message is the body byte for byte, with the attributes that subscribers filter by."""
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


def test_attributes_without_a_value_are_left_out_and_long_ones_cut() -> None:
    """SNS takes no empty attribute, and an event's own text cannot swell a message."""
    made = delivery("- {name: a, deliver: [{topic: t}]}", json.dumps({"action": "x" * 300 + "\0"}).encode())
    assert isinstance(made, TopicDelivery)
    assert made.attributes["action"] == "X" * 256
    assert "event" not in made.attributes
    assert "institution" not in made.attributes


def test_an_execution_gets_its_input_as_text_values() -> None:
    """Input is an object of rendered texts; the name begins with the route's and ends with the key's digest."""
    body = '{"action":"JOB_END","id":"1","n":209.0,"t":"ü"}'.encode()
    made = delivery('- {name: jobs, deliver: [{state_machine: s, input: {a-b: "{{ n }} {{ t }}", c: d}}]}', body)
    assert isinstance(made, StateMachineDelivery)
    assert made.input == '{"a-b": "209.0 ü", "c": "d"}'
    assert made.execution_name.startswith("jobs-")


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"action":"x","n":"209.0"}', b"<webhook><action>x</action><n>209.0</n></webhook>"]
)
def test_an_execution_without_input_gets_the_events_fields(body: bytes) -> None:
    """The event as routes see it is the input unless the route says otherwise, as JSON whatever Alma sent."""
    made = delivery("- {name: a, deliver: [{state_machine: s}]}", body)
    assert isinstance(made, StateMachineDelivery)
    assert json.loads(made.input) == {"action": "X", "n": "209.0"}


def test_a_queue_gets_what_a_topic_would() -> None:
    """Body and attributes are the same, whoever carries them."""
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
    """Source and type are the route's to say; else they are ours and the event's code."""
    arn = "arn:aws:events:us-east-1:123456789012:event-bus/b"
    body = b'{"action":"loan","event":{"value":"LOAN_LOST"}}'
    made = delivery(f"- {{name: a, deliver: [{{event_bus: '{arn}'{options}}}]}}", body)
    assert isinstance(made, EventBusDelivery)
    assert (made.source, made.detail_type) == (source, detail_type)
    assert json.loads(made.detail) == {"action": "LOAN", "event": {"value": "LOAN_LOST"}}


@pytest.mark.parametrize("body", [b'{"action":"JOB_END"}', b'{"action":"JOB_END","event":null}'])
def test_an_event_without_a_code_has_its_action_for_a_type(body: bytes) -> None:
    """A JOB_END has no event value."""
    arn = "arn:aws:events:us-east-1:123456789012:event-bus/b"
    made = delivery(f"- {{name: a, deliver: [{{event_bus: '{arn}'}}]}}", body)
    assert isinstance(made, EventBusDelivery)
    assert made.detail_type == "JOB_END"


def test_a_function_gets_the_fields() -> None:
    """The event as routes see it, as JSON."""
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
    """Whatever kind it is, logs and guards find in it what they need."""
    kind, _, name = target.partition(":")
    routes = f"- {{name: a, deliver: [{{{kind}: '{name}'}}]}}"
    made = delivery(routes)
    key = delivery_key(plan(routes).identity, route="a", target=target)
    assert (made.route, made.target, made.key) == ("a", target, key)


def test_dead_letters_of_every_script_stay_as_they_are() -> None:
    """JSON text for a target is not escaped: a non-ASCII letter is one character, not six."""
    made = delivery("- {name: a, deliver: [{state_machine: s}]}", '{"action":"X","t":"数ü"}'.encode())
    assert isinstance(made, StateMachineDelivery)
    assert made.input == '{"action": "X", "t": "数ü"}'


def test_a_plan_has_the_events_identity() -> None:
    """A job's end is known by its id there too."""
    body = body_of("job-end-pod")
    assert plan("- {name: a, deliver: [{topic: t}]}", body).identity == identity_of(parse(body), envelope_of(body))


def test_the_key_names_identity_route_target_and_entry() -> None:
    """Two entries to one target differ by their names, and the same event always has the same keys."""
    routes = "- {name: a, deliver: [{topic: t, name: first}, {topic: t, name: second}]}"
    first, again = plan(routes), plan(routes)
    keys = [delivery_key(first.identity, route="a", target="topic:t", entry=entry) for entry in ("first", "second")]
    assert [one.key for one in first.deliveries] == keys
    assert first == again


def test_a_replay_that_delivers_again_has_keys_of_its_own() -> None:
    """Only `redeliver` makes the replay's id part of the key."""
    routes = "- {name: a, deliver: [{topic: t}]}"
    plain = delivery(routes).key
    assert delivery(routes, replay={"id": "r1"}).key == plain
    again = delivery_key(plan(routes).identity, route="a", target="topic:t", replay_id="r1")
    assert delivery(routes, replay={"id": "r1", "redeliver": True}).key == again != plain
    assert delivery(routes, replay={"redeliver": True}).key == plain


def test_f22_events_and_deliveries_do_not_show_their_content() -> None:
    """A log that prints one prints nothing of what patrons do."""
    body = body_of("loan-created")
    assert repr(parse(body)) == str(parse(body)) == "LoanEvent(…)"
    assert repr(delivery("- {name: a, deliver: [{topic: t}]}", body)) == "TopicDelivery('a', 'topic:t', …)"
