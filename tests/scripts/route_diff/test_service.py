"""Two routes files compared by an event: what is removed, added and changed, and the values that are never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.alma_client.samples import load_all
from scripts.project.folder import EXAMPLE
from scripts.route_diff import report
from scripts.route_diff.events import ComparedEvent, sample_events
from scripts.route_diff.service import (
    ChangedDelivery,
    PlannedDelivery,
    PlannedFailure,
    RoutesComparison,
    RoutesDifference,
    compare,
)
from scripts.route_diff.sides import RoutesSide, alma_profiles, read_sides
from tests.samples import envelope_of

CANARY = "c4n4ry"
TARGETS = """topics: [one, two]
state_machines: {pod: {arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}
stages: {dev: {marker: d}, stg: {marker: s}, prod: {marker: P}}
routes:
"""
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:invented"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/invented"
BODY = {"action": "LOAN", "id": CANARY, "title": f"{CANARY} title", "inner": {f"{CANARY} key": CANARY}}
ONE = "  - {name: a, when: {action: [LOAN]}, deliver: [{topic: one}]}\n"


def sides(folder: Path, old: str, new: str) -> tuple[RoutesSide, RoutesSide]:
    for name, routes in (("old.yaml", old), ("new.yaml", new)):
        (folder / name).write_text(TARGETS + routes)
    return read_sides(str(folder / "old.yaml"), str(folder / "new.yaml"), None)


def compared(folder: Path, old: str, new: str, body: Any = BODY, *profiles: str) -> RoutesComparison:
    envelopes = [envelope_of(json.dumps(body).encode(), profile) for profile in profiles or ("alma",)]
    return compare([ComparedEvent("one", "LOAN", "dev", envelopes)], *sides(folder, old, new))


def difference(folder: Path, old: str, new: str, body: Any = BODY) -> RoutesDifference:
    found = compared(folder, old, new, body)
    [each] = found.differences
    shown = [json.dumps(found.differences), *report.lines(found, "dev")]
    assert not any(CANARY in text for text in shown)
    return each.difference


def test_equal_routes_differ_in_nothing(tmp_path: Path) -> None:
    """Order, comments and routes that the event does not match do not change its deliveries."""
    other = "  - {name: b, when: {action: [BIB]}, deliver: [{topic: two}]}\n"
    found = compared(tmp_path, ONE, f"  # a comment\n{other}{ONE}")
    assert (found.differences, found.compared, found.differ) == ([], 1, 0)
    assert list(report.lines(found, "dev")) == ["No event is delivered differently (1 event compared)"]


def test_the_samples_are_delivered_as_before_by_the_same_file() -> None:
    """Times and receipt ids of the comparison are the same for both files."""
    routes = str(EXAMPLE / "routes.yaml")
    same = read_sides(routes, routes, None)
    found = compare(sample_events(load_all(), "dev", alma_profiles(*same)), *same)
    assert found == RoutesComparison([], len(load_all()), [])


def test_a_route_that_no_longer_matches_leaves_the_event_ignored(tmp_path: Path) -> None:
    """The outcome changes, and the line says so."""
    narrowed = ONE.replace("LOAN", "BIB")
    found = difference(tmp_path, ONE, narrowed)
    assert found.removed == [PlannedDelivery("a", "topic:one", fallback=False)]
    assert (found.added, found.outcome_before, found.outcome_after) == ([], "delivered", "ignored")
    assert list(report.lines(compared(tmp_path, ONE, narrowed), "dev")) == [
        "differs  one  LOAN",
        "         - topic:one by route a",
        "         outcome ignored, was delivered",
        "1 event: 1 differs",
    ]


def test_a_delivery_by_a_fallback_is_marked(tmp_path: Path) -> None:
    """Nobody else delivers the event any more."""
    fallback = "  - {name: rest, fallback: true, deliver: [{topic: two}]}\n"
    found = difference(tmp_path, ONE + fallback, ONE.replace("LOAN", "BIB") + fallback)
    assert found.added == [PlannedDelivery("rest", "topic:two", fallback=True)]
    lines = list(report.lines(compared(tmp_path, ONE + fallback, ONE.replace("LOAN", "BIB") + fallback), "dev"))
    assert "         + topic:two by route rest (fallback)" in lines


@pytest.mark.parametrize(
    ("old", "new", "members"),
    [
        ("input: {b: '{{ id }}', c: x}", "input: {b: '{{ title }}', c: x}", ("input.b",)),
        ("input: {b: x}", "input: {b: x, c: '{{ id }}'}", ("input.c",)),
        ("input: {b: '{{ id }}'}", "name: ''", ("input",)),
        ("input: {copy: x}", "input: !json '{{ inner | tojson }}'", ("input",)),
        ("input: !json '{{ inner | tojson }}'", "input: {copy: x}", ("input",)),
        ("input: {b: x, c: z}", "input: {b: x, c: !json '{{ inner | tojson }}'}", ("input.c",)),
        ("execution_name: a", "execution_name: '{{ id }}'", ("execution_name",)),
        ("name: ''", "name: second", ("delivery_key", "execution_name")),
    ],
)
def test_changed_members_are_named(tmp_path: Path, old: str, new: str, members: tuple[str, ...]) -> None:
    """Names from the body are not: those of the event's fields, and those that a text with the tag !json makes."""
    route = "  - {{name: a, deliver: [{{state_machine: pod, {}}}]}}\n"
    found = difference(tmp_path, route.format(old), route.format(new))
    assert found.changed == [ChangedDelivery("a", "state_machine:pod", members)]
    assert (found.removed, found.added) == ([], [])


def test_changed_members_of_an_event_bus_are_named(tmp_path: Path) -> None:
    """The members of every kind of target are compared."""
    route = f"  - {{name: a, deliver: [{{event_bus: '{BUS}', source: SOURCE}}]}}\n"
    found = difference(tmp_path, route, route.replace("SOURCE", "other"))
    assert found.changed == [ChangedDelivery("a", f"event_bus:{BUS}", ("source",))]


@pytest.mark.parametrize(
    ("target", "old", "new", "members"),
    [
        (f"event_bus: '{BUS}'", "input: {b: x}", "input: {b: '{{ id }}'}", ("input.b",)),
        (f"function: '{FUNCTION}'", "input: {b: x}", "input: {b: '{{ id }}'}", ("input.b",)),
        (f"function: '{FUNCTION}'", "message: {b: x}", "message: {b: '{{ id }}'}", ("message.b",)),
        (f"function: '{FUNCTION}'", "message: x", "message: '{{ id }}'", ("message",)),
        (f"function: '{FUNCTION}'", "input: {b: x}", "message: text", ("message",)),
        (f"function: '{FUNCTION}'", "name: ''", "message: text", ("message",)),
        (f"function: '{FUNCTION}'", "name: ''", "input: {b: x}", ("input",)),
        ("topic: one", "message: x", "message: '{{ id }}'", ("message",)),
    ],
)
def test_what_the_target_gets_has_its_name_in_the_route(
    tmp_path: Path, target: str, old: str, new: str, members: tuple[str, ...]
) -> None:
    """It is `input` or `message`, also if the target calls it something else."""
    route = f"  - {{name: a, deliver: [{{{target}, BODY}}]}}\n"
    found = difference(tmp_path, route.replace("BODY", old), route.replace("BODY", new))
    assert [each.members for each in found.changed] == [members]


def test_the_same_payload_by_the_other_field_is_no_difference(tmp_path: Path) -> None:
    """The function gets the same."""
    route = f"  - {{name: a, deliver: [{{function: '{FUNCTION}', input: {{b: x}}}}]}}\n"
    assert compared(tmp_path, route, route.replace("input", "message")).differences == []


def test_two_entries_with_one_target_are_distinguished_by_their_names(tmp_path: Path) -> None:
    """The removed entry is removed, and the other one is unchanged."""
    both = "  - {name: a, deliver: [{topic: one, name: first}, {topic: one, name: second}]}\n"
    found = difference(tmp_path, both, both.replace("{topic: one, name: first}, ", ""))
    assert (len(found.removed), found.added, found.changed) == (1, [], [])


def test_the_order_of_entries_changes_no_delivery(tmp_path: Path) -> None:
    """Each has another place in the file, and the same content."""
    one, two = "{topic: one, message: x}", "{state_machine: pod, input: {a: x}}"
    route = "  - {{name: a, deliver: [{}, {}]}}\n"
    assert compared(tmp_path, route.format(one, two), route.format(two, one)).differences == []


def test_failures_appear_and_vanish(tmp_path: Path) -> None:
    """The cause has the path in the route, and the event is a dead letter by one file only."""
    failing = "  - {name: a, when: {action: [LOAN]}, deliver: [{topic: one}, {topic: '{{ gone }}'}]}\n"
    found = difference(tmp_path, ONE, failing)
    [failure] = found.failures_added
    assert failure == PlannedFailure("template", failure.reason, "a", "")
    assert (found.removed, found.outcome_before, found.outcome_after) == ([], "delivered", "dead")
    lines = list(report.lines(compared(tmp_path, ONE, failing), "dev"))
    assert lines[1:3] == [
        f"         + failure template: {failure.reason} (route a)",
        "         outcome dead, was delivered",
    ]
    assert difference(tmp_path, failing, ONE).failures_removed == [failure]


def test_an_unparsed_event_is_compared_too(tmp_path: Path) -> None:
    """It fails by both files."""
    found = compared(tmp_path, ONE, ONE.replace("one", "two"), ["no event"])
    assert (found.differences, found.compared) == ([], 1)


def test_profiles_with_the_same_difference_are_one(tmp_path: Path) -> None:
    """They are named only if the difference depends on them."""
    restricted = "  - {name: a, profiles: [x], when: {action: [LOAN]}, deliver: [{topic: one}]}\n"
    found = compared(tmp_path, ONE, restricted, BODY, "x", "y", "z")
    assert [each.profiles for each in found.differences] == [["y", "z"]]
    assert next(report.lines(found, "dev")) == "differs  one  LOAN  (profile y, z)"
    found = compared(tmp_path, ONE, ONE.replace("topic: one", "topic: two"), BODY, "x", "y")
    assert [each.profiles for each in found.differences] == [[]]


def test_an_event_is_counted_once_for_several_profiles(tmp_path: Path) -> None:
    """Two profiles with different differences are two entries of one event."""
    new = "  - {name: a, profiles: [x], deliver: [{topic: two}]}\n"
    found = compared(tmp_path, ONE, new, BODY, "x", "y")
    assert (len(found.differences), found.differ) == (2, 1)


def test_the_variables_of_the_stage_count(tmp_path: Path) -> None:
    """The event is compared at its own stage, which is named if it is another one."""
    marked = ONE.replace("[LOAN]", "['{{ marker }}']")
    envelope = envelope_of(b'{"action": "P"}')
    events = [ComparedEvent("one", "", stage, [envelope]) for stage in ("dev", "prod")]
    found = compare(events, *sides(tmp_path, marked, marked.replace("topic: one", "topic: two")))
    assert [each.known.stage for each in found.differences] == ["prod"]
    assert next(report.lines(found, "dev")) == "differs  one  (stage prod)"


def test_an_event_without_a_body_is_not_compared(tmp_path: Path) -> None:
    """It is named instead."""
    found = compare([ComparedEvent("r1", "", "dev", [])], *sides(tmp_path, ONE, ONE))
    assert (found.compared, found.unread) == (0, ["r1"])
