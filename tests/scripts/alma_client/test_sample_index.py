"""The names of the samples, for shells."""

from pathlib import Path

import pytest

from scripts.alma_client import sample_index


def test_names_are_completed_in_the_order_of_the_index() -> None:
    """Those of the files that are there."""
    assert sample_index.sample_names("job-end-p") == ["job-end-pod", "job-end-pod-xml"]


def test_an_index_that_cannot_be_read_completes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command itself says why."""
    monkeypatch.setattr(sample_index, "FOLDER", tmp_path)
    assert sample_index.sample_names("") == []
