"""The command `soak`: what it prints, the report that it leaves, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.options import Output
from scripts.devtools.soak import soak_command

GOOD: dict[str, Any] = {
    "is_good": True,
    "promises": {"no execution twice": True},
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
    "promises": {"no execution twice": False},
    "found": GOOD["found"] | {"lost": ["loan-created: d1"], "doubled": ["execution pod-1"]},
    "reconciliation": GOOD["reconciliation"] | {"missing": 1, "disagrees": ["nothing is missing"]},
}


def run(report: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, output: Output = Output.text) -> None:
    monkeypatch.setattr(soak_command, "run_soak", lambda *_: report)
    soak_command.soak(events=3, seed=7, out=folder, output=output)


def test_a_good_soak_tells_its_counts_and_leaves_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts, faults, every promise, the reconciliation; all of it as JSON in the folder, made if need be."""
    run(GOOD, tmp_path / "build", monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "seed 7: events 3, in 1.5 s",
        "alma: sent 3, accepted 3, retried 0 (2 with a recorded cause)",
        "faults: workers killed 1 of processor; replayed 0; sns:Publish Throttled 2",
        "growth:       3 arrived  2.0/s  500.0 ms each  400 MB  1 kill",
        "kept    no execution twice",
        "reconciliation: accepted 3, missing 0",
    ]
    assert json.loads((tmp_path / "build" / "soak.json").read_text("utf-8")) == GOOD


def test_a_broken_promise_is_named_with_what_was_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, and the report is there all the same."""
    with pytest.raises(FailedError, match="A promise was broken"):
        run(BAD, tmp_path, monkeypatch)
    assert capsys.readouterr().out.splitlines()[4:] == [
        "BROKEN  no execution twice",
        "reconciliation: accepted 3, missing 1",
        "lost: loan-created: d1",
        "doubled: execution pod-1",
        "the reconciliation does not say that nothing is missing",
    ]
    assert (tmp_path / "soak.json").exists()


def test_a_soak_that_did_not_end_has_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1, but no promise is called broken: what still waits may come out."""
    with pytest.raises(FailedError, match="No verdict: messages still on the queues after minutes without a call: 2"):
        run(BAD | {"left_waiting": 2}, tmp_path, monkeypatch)


def test_programs_get_the_report_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard output, and nothing else there."""
    run(GOOD, tmp_path, monkeypatch, Output.json)
    assert json.loads(capsys.readouterr().out) == GOOD


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, exit 2."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"The report .*file.soak\.json cannot be written"):
        run(GOOD, tmp_path / "file", monkeypatch)
