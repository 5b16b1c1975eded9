"""The command that tries a transform on files, without sending anything."""

import gzip
import json
from pathlib import Path

import pytest
from try_transform import main

from tests.examples.export_transform.marc_samples import document, record


def test_results_rejects_and_totals_are_printed(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """What would be sent is on standard output, so that it can be compared; the rest is on standard error."""
    export = tmp_path / "BIB_7_1.xml.gz"
    export.write_bytes(gzip.compress(document([record(1), record(2, "bad"), record(3)])))
    assert main([str(export)]) == 0
    out, err = capfdbinary.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["99000001", "99000003"]
    reject, totals = err.decode().splitlines()
    assert json.loads(reject)["reason"] == "bad-leader"
    assert totals == "3 read, 2 written, 1 rejected, 0 deleted, 0 skipped"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cut.xml"], "cut.xml ends after"),
        (["missing.xml"], "No such file"),
        (["cut.xml", "--transform", "missing.py"], "missing.py not found: name a Python module"),
    ],
)
def test_what_cannot_be_read_is_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    arguments: list[str],
    sentence: str,
) -> None:
    """In one sentence, with what was read before."""
    monkeypatch.chdir(tmp_path)
    Path("cut.xml").write_bytes(document([record(1), record(2)])[:-20])
    assert main(arguments) == 1
    assert sentence in capfdbinary.readouterr().err.decode()
