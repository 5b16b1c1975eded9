"""The output, report and exit codes of the command `soak`."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.options import Output
from scripts.devtools.soak import soak_command

GOOD: dict[str, Any] = {
    "is_good": True,
    "promises": {"no execution started twice": True},
    "alma": {"sent": 3, "accepted": 3, "retried": 0},
    "found": {"counts": {"events": 3}, "lost": [], "doubled": [], "unexplained": [], "strays": []},
    "reconciliation": {"accepted": 3, "missing": 0, "disagrees": []},
    "kills": {"processor": 1},
    "injected": {"sns:Publish Throttled": 2},
    "replayed": 0,
    "events": 3,
    "seed": 7,
    "seconds": 1.5,
    "excused": 2,
    "left_waiting": 0,
    "growth": [{"arrived": 3, "rate": 2.0, "ms_per_message": 500.0, "megabytes": 400, "kills": 1}],
}
BAD = GOOD | {
    "is_good": False,
    "promises": {"no execution started twice": False},
    "found": GOOD["found"] | {"lost": ["loan-created: d1"], "doubled": ["execution pod-1"]},
    "reconciliation": GOOD["reconciliation"] | {"missing": 1, "disagrees": ["outcomes add up to the accepted events"]},
}


def run(report: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, output: Output = Output.text) -> None:
    monkeypatch.setattr("scripts.devtools.soak.soak.soak", lambda *_, **__: report)
    soak_command.soak(events=3, seed=7, out=folder, output=output)


def test_a_good_soak_prints_its_counts_and_writes_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output has counts, faults, guarantees and reconciliation; the folder of the report is created."""
    run(GOOD, tmp_path / "build", monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "seed 7: events 3, in 1.5 s",
        "alma: sent 3, accepted 3, retried 0 (2 with a recorded cause)",
        "faults: workers killed 1 of processor; replayed 0; sns:Publish Throttled 2",
        "growth:       3 arrived  2.0/s  500.0 ms each  400 MB  1 kill",
        "kept    no execution started twice",
        "reconciliation: accepted 3, missing 0",
    ]
    assert json.loads((tmp_path / "build" / "soak.json").read_text("utf-8")) == GOOD


def test_the_drain_of_held_events_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many messages were held, and how many runs they took in which time."""
    drain = {"queued": 3, "seconds": 1.25, "runs": [(0.5, 0.1, False)] * 4, "replayed_at": []}
    run(GOOD | {"drain": drain}, tmp_path, monkeypatch)
    assert "drain: 3 messages held, 4 runs in 1.25 s" in capsys.readouterr().out.splitlines()


def test_a_broken_guarantee_is_named_with_lost_and_doubled_deliveries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails, and still writes the report."""
    with pytest.raises(FailedError, match="A guarantee was broken"):
        run(BAD, tmp_path, monkeypatch)
    assert capsys.readouterr().out.splitlines()[4:] == [
        "BROKEN  no execution started twice",
        "reconciliation: accepted 3, missing 1",
        "lost: loan-created: d1",
        "doubled: execution pod-1",
        "the reconciliation breaks the rule: outcomes add up to the accepted events",
    ]
    assert (tmp_path / "soak.json").exists()


def test_a_soak_that_did_not_end_has_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command fails without calling a guarantee broken, for queued messages may still be delivered."""
    with pytest.raises(FailedError, match="No verdict: 2 messages still queued"):
        run(BAD | {"left_waiting": 2}, tmp_path, monkeypatch)


def test_json_output_is_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output has the report and nothing else."""
    run(GOOD, tmp_path, monkeypatch, Output.json)
    assert json.loads(capsys.readouterr().out) == GOOD


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is a ConfigurationError with the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"Cannot write the report .*file.soak\.json"):
        run(GOOD, tmp_path / "file", monkeypatch)
