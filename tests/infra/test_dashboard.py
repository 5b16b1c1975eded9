"""The dashboard, as the JSON that CloudWatch gets."""

import json
import re
from typing import Any

from tests.infra.observability_alarms import TEMPLATE, resources
from tests.infra.test_observability_template import commands, named_in

TEXT: str = resources([])["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
WIDGETS: list[dict[str, Any]] = json.loads(TEXT)["widgets"]


def widget(beginning: str) -> dict[str, Any]:
    """Return the widget whose title begins with this text."""
    [found] = [one for one in WIDGETS if one["properties"].get("title", "").startswith(beginning)]
    return found


def rows(beginning: str) -> list[list[Any]]:
    found: list[list[Any]] = widget(beginning)["properties"]["metrics"]
    return found


def options(row: list[Any]) -> dict[str, Any]:
    return row[-1] if isinstance(row[-1], dict) else {}


def test_every_placeholder_is_a_parameter_or_a_pseudo_parameter() -> None:
    """Every placeholder in the dashboard is a parameter of the template, or the region."""
    names = set(re.findall(r"\$\{([^}]+)\}", TEXT))
    assert names <= set(TEMPLATE["Parameters"]) | {"AWS::Region"}
    assert {"Stage", "ApiId", "QueueName", "DeadLetterQueueName"} <= names


def test_every_graph_has_a_region_and_a_title() -> None:
    """Every graph has a title and the region, without which CloudWatch rejects it."""
    graphs = [one for one in WIDGETS if one["type"] == "metric"]
    assert len(graphs) == len(WIDGETS) - 1
    assert all(one["properties"]["region"] == "${AWS::Region}" and one["properties"]["title"] for one in graphs)


def test_widgets_do_not_overlap() -> None:
    """The widgets fit into twenty-four columns and do not overlap."""
    places = [
        (x, y)
        for one in WIDGETS
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < 24


def test_the_text_widget_names_the_commands() -> None:
    """The text widget names the commands of the runbook for this stage, and each command exists."""
    [text] = [one["properties"]["markdown"] for one in WIDGETS if one["type"] == "text"]
    named = named_in(text)
    assert set(named) <= commands()
    dead_letters = {f"dead-letters {verb}" for verb in ("list", "show", "explain", "replay")}
    others = {"trace", "executions list", "executions redrive", "doctor", "reconcile", "secret status"}
    assert set(named) == dead_letters | others
    assert "dead-letters replay --stage ${Stage}" in text


def test_one_row_shows_the_reconciliation() -> None:
    """One row shows the accepted events and their outcomes, beside the number of events without an outcome."""
    counts, difference = widget("Must reconcile"), widget("Accepted without an outcome yet")
    assert counts["y"] == difference["y"]
    assert counts["properties"]["setPeriodToTimeRange"] is True
    labels = [options(row)["label"] for row in rows("Must reconcile")]
    assert labels == ["accepted", "delivered", "ignored", "duplicate", "dead"]
    shown = {options(row)["id"]: options(row) for row in rows("Accepted without") if options(row).get("visible", True)}
    assert set(shown) == {"without_outcome", "in_flight"}
    summed = re.findall(r"FILL\((\w+), 0\)", shown["without_outcome"]["expression"])
    assert summed == ["accepted", "delivered", "ignored", "duplicate", "dead"]
    assert shown["without_outcome"]["expression"].index(" - ") > shown["without_outcome"]["expression"].index(
        "accepted"
    )
    assert set(re.findall(r"FILL\((\w+), 0\)", shown["in_flight"]["expression"])) == {"waiting", "taken"}


def test_expressions_use_existing_ids() -> None:
    """Every name in an expression is the id of a row in the same widget."""
    for one in WIDGETS:
        found = one["properties"].get("metrics", [])
        ids = {options(row)["id"] for row in found if "id" in options(row)}
        for row in found:
            expression = options(row).get("expression", "")
            if "SEARCH" not in expression:
                assert set(re.findall(r"FILL\((\w+)", expression)) <= ids


def test_the_dashboard_shows_counts_latency_and_queues() -> None:
    """The dashboard shows counts by profile, event and route, latency with Alma's limit, and both queues."""
    for title, dimensions, names in (
        ("Accepted and rejected by profile", "Stage,Profile", {"Accepted", "Rejected"}),
        ("Delivered, duplicate, ignored, dead by event", "Stage,Event", {"Delivered", "Duplicate", "Ignored", "Dead"}),
        ("Delivered and failed by route", "Stage,Route", {"Delivered", "Dead"}),
    ):
        [row] = rows(title)
        expression = row[0]["expression"]
        assert f"{{AlmaWebhooks,{dimensions}}}" in expression
        assert 'Stage="${Stage}"' in expression
        assert set(re.findall(r'"(\w+)"', expression.split("MetricName=")[1].split(")")[0])) == names
    latency = widget("Latency")["properties"]
    assert [line["value"] for line in latency["annotations"]["horizontal"]] == [5000]
    for title, queue in (("Webhook queue", "QueueName"), ("Dead letters", "DeadLetterQueueName")):
        found = {row[1] for row in rows(title)}
        assert found >= {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}
        assert {row[3] for row in rows(title)} == {f"${{{queue}}}"}
