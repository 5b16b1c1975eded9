"""The command `bench`: a whole run, as short as can be; its files, its exit codes, and what an interruption leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_command, drain_part
from benchmarks.bench_command import run_bench
from benchmarks.bench_events import BODY_SIZES
from benchmarks.bench_options import BenchOptions, BenchPart
from benchmarks.emulator_pair import PAIRS, RUN
from benchmarks.goals import GOALS, judged
from benchmarks.operators_part import REPLAY
from benchmarks.parts import STATES
from benchmarks.report_views import cold_chart
from benchmarks.share_part import find_root
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output
from scripts.console.page import NAVIGATION
from tests.benchmarks.reports import report
from tests.scripts.command import ROOT

pytestmark = pytest.mark.full  # runs the benchmark itself

PEER = "def handle(event, context):\n    return {'statusCode': 200, 'body': event['body']}\n"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("peers")
    (folder / "invented_peer.py").write_text(PEER)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        parts = frozenset(BenchPart) - {BenchPart.shares}
        options = BenchOptions(
            *(1, parts, ("invented_peer:handle",), Path(sys.executable), {"ingest": 100, "processor": 10}),
            *(30, 30, "HEAD", 300),
            throughput=10,
            operators=(10, 30),
        )
        return run_bench(options, lambda _: None)


def test_every_row_of_listeners_is_measured(measured: Any) -> None:
    """The peer too, found in the current folder; cold, and warm at three sizes."""
    names = [
        "raw TLS POST",
        "work floor",
        "ingest",
        "idiomatic boto3",
        "boto3 + powertools + pydantic",
        "invented_peer:handle",
    ]
    assert list(measured["ingest"]["cold"]) == ["bare interpreter", *names]
    for name in names:
        assert measured["ingest"]["cold"][name]["first_200_ms"]["median"] > 0
        figures = measured["ingest"]["warm"][name]
        assert figures.keys() == {f"{size} {unit}" for size in BODY_SIZES for unit in ("cpu_us", "wall_us")}


def test_the_processors_calls_are_counted_by_target(measured: Any) -> None:
    """The target's own is among them, an ignored event has none, and a duplicate reaches no target."""
    calls = {kind: figures["calls"] for kind, figures in measured["processor"]["messages"].items()}
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


def test_the_version_before_is_measured_in_the_same_run(measured: Any) -> None:
    """The same kinds of messages by the same calls, and a ratio for each."""
    part = measured["processor"]
    assert part["messages_before"].keys() == part["cpu_ratios"].keys() == part["messages"].keys()
    assert part["messages_before"]["topic"]["calls"] == part["messages"]["topic"]["calls"]
    assert part["cpu_ratios"]["topic"]["median"] > 0


def test_broken_connections_cost_one_that_is_new(measured: Any) -> None:
    """All states are there; each request was answered, or there would be no report."""
    assert measured["reconnects"]["states"].keys() == STATES.keys()


def test_growth_is_shown_by_powers_of_ten(measured: Any) -> None:
    """Up to the number that was asked for."""
    counts = {kind: [row["events"] for row in rows] for kind, rows in measured["growth"].items()}
    assert counts == {"ingest": [1, 10, 100], "processor": [1, 10]}


def test_every_page_of_the_console_is_measured(measured: Any) -> None:
    """With the dead letters that were asked for, and the memory after each snapshot."""
    part = measured["console"]
    assert part["dead_letters"] == 30
    assert set(NAVIGATION) < part["pages_ms"].keys()
    assert len(part["rss_mb"]) == len(part["snapshot_s"])


def test_a_soak_test_is_simulated_with_its_own_times(measured: Any) -> None:
    """Every guarantee was kept, or there would be no report; each share of the messages has its times."""
    part = measured["drain"]
    assert part["runs"] == part["run_ms"]["of"] >= part["messages"] >= 30
    assert part["soak_s"].keys() == part["ratios"].keys() == drain_part.SHARES.keys()
    assert all(part["simulated_s"][share]["median"] > 0 for share in drain_part.SHARES)


def test_an_export_is_read_beside_pymarc(measured: Any) -> None:
    """Every record was transformed, or there would be no report."""
    [row] = measured["transform"]["rows"]
    assert row["records"] == 300
    assert row["added_mb"] < 16
    assert row["ratio"] > 0


def test_throughput_is_measured_beside_both_pairs(measured: Any) -> None:
    """Every event arrived once, or there would be no report; each pipeline has its memory after 1 and 10 events."""
    part = measured["throughput"]
    assert [row["events"] for row in part["decades"][RUN]] == [1, 10]
    assert part["shares"].keys() == PAIRS.keys()
    assert all(row["functions_mb"] > 0 for rows in part["decades"].values() for row in rows)


def test_commands_of_operators_are_measured(measured: Any) -> None:
    """With each number of dead letters; a replay sends and deletes all of them in batches of ten."""
    commands = measured["operators"]["commands"]
    assert list(commands) == ["10", "30"]
    calls = commands["30"][REPLAY]["calls"]
    assert (calls["sqs:SendMessageBatch"], calls["sqs:DeleteMessageBatch"]) == (3, 3)
    assert all(figures["usd"] > 0 for of_count in commands.values() for figures in of_count.values())


def test_goals_are_judged(measured: Any) -> None:
    """All but those of the part that was left out."""
    assert len(measured["goals"]) == len(GOALS) - 2


def test_the_report_is_json_and_can_be_drawn(measured: Any) -> None:
    """As it is."""
    assert json.loads(json.dumps(measured)) == measured
    assert "invented_peer:handle" in cold_chart(measured)


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[BenchOptions]:
    """The received that the command gives; each has the same report."""
    received: list[BenchOptions] = []

    def bench(options: BenchOptions, _: Any) -> dict[str, Any]:
        received.append(options)
        return report() | {"goals": judged(report())}

    monkeypatch.setattr(bench_command, "run_bench", bench)
    return received


def test_flags_become_options(ordered: list[BenchOptions]) -> None:
    """All parts, unless some are named."""
    bench_command.bench()
    bench_command.bench(rounds=3, only=[BenchPart.growth], peer=["a:b"], python=Path("python"))
    bench_command.bench(only=[BenchPart.processor], before="v1")
    bench_command.bench(large=True)
    assert ordered == [
        BenchOptions(20, frozenset(BenchPart)),
        BenchOptions(3, frozenset({BenchPart.growth}), ("a:b",), Path("python")),
        BenchOptions(20, frozenset({BenchPart.processor}), before="v1"),
        BenchOptions(20, frozenset(BenchPart), throughput=100_000, operators=(5_000, 50_000)),
    ]


@pytest.mark.usefixtures("ordered")
def test_programs_get_the_report_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, and nothing else there."""
    bench_command.bench(output=Output.json)
    assert json.loads(capsys.readouterr().out) == report() | {"goals": judged(report())}


@pytest.mark.usefixtures("ordered")
def test_the_chart_is_written(tmp_path: Path) -> None:
    """An older file is replaced."""
    path = tmp_path / "chart.svg"
    path.write_text("old")
    bench_command.bench(chart=path)
    assert path.read_text("utf-8").startswith("<svg ")


def test_a_chart_that_cannot_be_drawn_is_refused_before_anything_is_measured(
    ordered: list[BenchOptions], tmp_path: Path
) -> None:
    """Without the part that it shows, or without a folder to lie in."""
    with pytest.raises(ConfigurationError, match="--chart needs the part ingest"):
        bench_command.bench(only=[BenchPart.growth], chart=tmp_path / "chart.svg")
    with pytest.raises(ConfigurationError, match="missing not found"):
        bench_command.bench(chart=tmp_path / "missing" / "chart.svg")
    assert ordered == []


def test_the_version_before_needs_the_part_that_measures_it(ordered: list[BenchOptions]) -> None:
    """The error says what to add."""
    with pytest.raises(ConfigurationError, match=r"--before needs the part processor: .* add --only processor"):
        bench_command.bench(only=[BenchPart.growth], before="v1")
    assert ordered == []


@pytest.mark.parametrize(
    ("peer", "sentence"),
    [
        ("no_function", "--peer no_function is not of the form MODULE:FUNCTION"),
        ("nowhere:handle", "--peer nowhere:handle cannot be measured: .*No module named 'nowhere'"),
        ("json:loads", "--peer json:loads cannot be measured: "),
    ],
)
def test_a_peer_that_cannot_be_measured_is_named(peer: str, sentence: str) -> None:
    """One sentence, exit 2, nothing measured."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-m", "benchmarks", "--only", "ingest", "--python", sys.executable, "--peer", peer],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.match(f"benchmarks: {sentence}", done.stderr.splitlines()[-1])


MEASURED_TOO = 2  # the benchmark, and a process that it measures


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    """Exit 130; no process, no file, no control group."""
    command = [sys.executable, "-m", "benchmarks", "--python", sys.executable]
    running = subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [*command, "--only", "shares", "--only", "growth"],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        assert running.stderr is not None
        while not running.stderr.readline().startswith(("shares of a core", "growth")):
            assert running.poll() is None
        while _processes(tmp_path) < MEASURED_TOO:
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        printed = running.stderr.read()
    assert running.returncode == 130
    assert printed.splitlines()[-1] == "benchmarks: Stopped before the benchmark was complete; nothing was saved."
    assert list(tmp_path.iterdir()) == []
    assert _processes(tmp_path) == 0
    root = find_root()
    assert root is None or list(root.glob(f"*bench-{running.pid}-*")) == []


def _processes(folder: Path) -> int:
    """Return the number of processes that have this folder in their environment."""
    found = 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += os.fsencode(folder) in environment.read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
    return found
