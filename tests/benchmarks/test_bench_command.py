"""The command `bench`: its files, its exit codes, and what an interruption leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_command, cpu_share
from benchmarks.bench import BenchOptions, BenchPart
from benchmarks.goals import judged
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output
from tests.benchmarks.reports import report
from tests.scripts.command import ROOT

pytestmark = pytest.mark.full  # runs the benchmark itself


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
    assert ordered == [
        BenchOptions(20, frozenset(BenchPart)),
        BenchOptions(3, frozenset({BenchPart.growth}), ("a:b",), Path("python")),
    ]


@pytest.mark.usefixtures("ordered")
def test_programs_get_the_report_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, and nothing else there."""
    bench_command.bench(output=Output.json)
    assert json.loads(capsys.readouterr().out) == report() | {"goals": judged(report())}


@pytest.mark.usefixtures("ordered")
def test_the_chart_is_written(tmp_path: Path) -> None:
    """Whatever was there before."""
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
        assert _processes(tmp_path) > 1
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
    assert running.returncode == 130
    assert told.splitlines()[-1] == "benchmarks: Stopped before the benchmark was complete; nothing was saved."
    assert list(tmp_path.iterdir()) == []
    assert _processes(tmp_path) == 0
    groups = cpu_share.find()
    assert groups is None or list(groups.root.glob(f"*bench-{running.pid}-*")) == []


def _processes(folder: Path) -> int:
    """How many processes were told of this folder."""
    found = 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += os.fsencode(folder) in environment.read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
    return found
