"""A whole benchmark, as short as can be."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bodies
from benchmarks.bench import BenchOptions, BenchPart, bench
from benchmarks.chart import chart
from benchmarks.goals import GOALS
from benchmarks.reconnect_part import STATES

pytestmark = pytest.mark.full  # runs the benchmark itself

PEER = "def handle(event, context):\n    return {'statusCode': 200, 'body': event['body']}\n"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("peers")
    (folder / "invented_peer.py").write_text(PEER)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        parts = frozenset(BenchPart) - {BenchPart.shares}
        options = BenchOptions(
            1, parts, ("invented_peer:handle",), Path(sys.executable), {"ingest": 100, "processor": 10}
        )
        return bench(options, lambda _: None)


def test_every_row_of_listeners_is_measured(report: Any) -> None:
    """The peer too, found in the current folder; cold, and warm at three sizes."""
    names = ["raw TLS POST", "ingest", "idiomatic boto3", "boto3 + powertools + pydantic", "invented_peer:handle"]
    assert list(report["ingest"]["cold"]) == ["bare interpreter", *names]
    for name in names:
        assert report["ingest"]["cold"][name]["first_200_ms"]["median"] > 0
        figures = report["ingest"]["warm"][name]
        assert figures.keys() == {f"{size} {unit}" for size in bodies.SIZES for unit in ("cpu_us", "wall_us")}


def test_the_processors_calls_are_counted_by_target(report: Any) -> None:
    """The target's own is among them, an ignored event has none, and a duplicate reaches no target."""
    calls = {kind: figures["calls"] for kind, figures in report["processor"]["messages"].items()}
    targets = {
        "topic": "sns:Publish",
        "topic, 200 KB": "sns:Publish",
        "state machine": "states:StartExecution",
        "queue": "sqs:SendMessage",
        "event bus": "events:PutEvents",
        "function": "lambda:Invoke",
    }
    for kind, operation in targets.items():
        assert calls[kind][operation] == 1.0
    assert calls["ignored"] == {}
    assert not calls["duplicate"].keys() & set(targets.values())
    assert calls.keys() == {*targets, "ignored", "duplicate"}


def test_broken_connections_cost_one_that_is_new(report: Any) -> None:
    """All states are there; each request was answered, or there would be no report."""
    assert report["reconnects"]["states"].keys() == STATES.keys()


def test_growth_is_told_by_powers_of_ten(report: Any) -> None:
    """Up to the number that was asked for."""
    counts = {kind: [row["events"] for row in rows] for kind, rows in report["growth"].items()}
    assert counts == {"ingest": [1, 10, 100], "processor": [1, 10]}


def test_goals_are_judged(report: Any) -> None:
    """All but those of the part that was left out."""
    assert len(report["goals"]) == len(GOALS) - 2


def test_the_report_is_json_and_can_be_drawn(report: Any) -> None:
    """As it is."""
    assert json.loads(json.dumps(report)) == report
    assert "invented_peer:handle" in chart(report)
