"""The processor's metrics: lines in CloudWatch's embedded format, with a fixed list of dimensions."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.metrics import NAMESPACE as INGESTS
from processor.metrics import EVENTS, NAMESPACE, OutcomeMetrics
from processor.routing.compile import load

Lines = list[dict[str, Any]]


def counted(capsys: pytest.CaptureFixture[str], line: dict[str, Any]) -> Lines:
    OutcomeMetrics("prod").count(line)
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def measured(lines: Lines) -> list[tuple[dict[str, int], list[dict[str, str]]]]:
    """Returns the metrics of each line, and the dimensions under which CloudWatch keeps them."""
    found = []
    for line in lines:
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        values = {metric["Name"]: line[metric["Name"]][0] for metric in directive["Metrics"]}
        found.append((values, [{name: line[name] for name in names} for names in directive["Dimensions"]]))
    return found


def outcome(**more: Any) -> dict[str, Any]:
    return {
        "receipt_id": "r",
        "action": "LOAN",
        "event": "LOAN_CREATED",
        "outcome": "delivered",
        "deliveries": [],
    } | more


def test_both_functions_count_in_one_namespace() -> None:
    """The namespace is that of ingest, so a dashboard shows accepted events next to outcomes."""
    assert NAMESPACE == INGESTS


def test_an_event_is_counted_in_total_and_by_name_and_each_delivery_by_route(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two deliveries of one event are one event."""
    deliveries = [{"route": "loans", "outcome": "delivered"}, {"route": "watch", "outcome": "duplicate"}]
    assert measured(counted(capsys, outcome(deliveries=deliveries))) == [
        ({"Delivered": 1}, [{"Stage": "prod"}, {"Stage": "prod", "Event": "LOAN_CREATED"}]),
        ({"Delivered": 1}, [{"Stage": "prod", "Route": "loans"}]),
        ({"Duplicate": 1}, [{"Stage": "prod", "Route": "watch"}]),
    ]


@pytest.mark.parametrize("name", ["delivered", "duplicate", "ignored", "dead"])
def test_every_outcome_has_its_metric(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The metric of an outcome has its name, capitalized."""
    [(metrics, _)] = measured(counted(capsys, outcome(outcome=name)))
    assert metrics == {name.capitalize(): 1}


def test_an_event_that_is_too_large_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The metric counts the dead event and the route whose delivery was too large; the other route delivered."""
    deliveries = [{"route": "a", "outcome": "delivered"}, {"route": "b", "failure": {"class": "too-large"}}]
    lines = measured(counted(capsys, outcome(outcome="dead", deliveries=deliveries)))
    assert [metrics for metrics, _ in lines] == [
        {"Dead": 1, "TooLarge": 1},
        {"Delivered": 1},
        {"Dead": 1, "TooLarge": 1},
    ]


def test_f26_differing_bodies_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Events with one identity and two bodies are counted."""
    deliveries = [{"route": "pod", "outcome": "duplicate", "body_differs": True}]
    lines = measured(counted(capsys, outcome(action="JOB_END", event="", outcome="duplicate", deliveries=deliveries)))
    assert [metrics for metrics, _ in lines] == [{"BodyDiffers": 1, "Duplicate": 1}] * 2
    assert lines[0][1][1]["Event"] == "JOB_END"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ({"action": "NOTIFICATION", "event": ""}, "NOTIFICATION"),
        ({"action": "LOAN", "event": "LOAN_INVENTED_4711"}, "other"),
        ({"action": "patron-4711", "event": ""}, "other"),
        ({"action": "X" * 256, "event": "Y" * 256}, "other"),
    ],
)
def test_an_unknown_event_gets_no_metric_of_its_own(
    line: dict[str, str], event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each new value would be a new metric at a cost, so the list is fixed."""
    [(_, dimensions)] = measured(counted(capsys, outcome(**line)))
    assert dimensions[1]["Event"] == event


def test_an_unreadable_body_is_counted_as_dead_only(capsys: pytest.CaptureFixture[str]) -> None:
    """An unreadable body is counted as dead, and not as an event of Alma."""
    [(metrics, dimensions)] = measured(counted(capsys, {"outcome": "dead", "deliveries": []}))
    assert (metrics, dimensions[1]["Event"]) == ({"Dead": 1}, "none")


def test_the_list_has_every_event_that_the_shipped_routes_know() -> None:
    """Every event that has a topic of its own has a metric of its own."""
    shipped = load(Path(__file__).parents[2] / "examples" / "complete" / "routes.yaml")
    named = {
        value
        for route in shipped.file.routes.routes
        for value in ((route.when or {}).get("event") or {}).get("value", [])
    }
    assert named
    assert named <= EVENTS
