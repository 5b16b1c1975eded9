"""The command of `make scaling`: what it writes where."""

import shutil
from pathlib import Path

import pytest

from benchmarks import capacity
from benchmarks.simulation.results import stored, text_of
from scripts.cli.exit_codes import ConfigurationError


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(capacity.DOCS / "scaling.md", tmp_path)
    monkeypatch.setattr(capacity, "DOCS", tmp_path)
    return tmp_path


def test_the_page_and_the_pictures_are_written_from_the_stored_results(docs: Path) -> None:
    """Tables that somebody changed are back, and nothing is simulated."""
    page = docs / "scaling.md"
    before = page.read_text("utf-8")
    page.write_text(before.replace("| 5 (dev) |", "| 6 (dev) |"), "utf-8")
    capacity.capacity(use_stored=True)
    assert page.read_text("utf-8") == before
    assert sorted(path.name for path in docs.glob("*.svg")) == [
        "scaling-burst.svg",
        "scaling-load.svg",
        "scaling-long-burst.svg",
    ]


def test_new_results_are_kept(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written to their file, and the page has them."""
    found = stored()
    found["burst"]["default quotas"]["5"]["groups"]["slowest_s"] = 0.77
    monkeypatch.setattr(capacity, "RESULTS", docs / "results.json")
    monkeypatch.setattr(capacity, "answers", lambda _: found)
    capacity.capacity(use_stored=False)
    assert (docs / "results.json").read_text("utf-8") == text_of(found)
    assert "| 5 (dev) | 0.77 |" in (docs / "scaling.md").read_text("utf-8")


def test_a_page_without_a_mark_is_a_mistake_of_the_page(docs: Path) -> None:
    """It names the mark."""
    (docs / "scaling.md").write_text("empty\n", "utf-8")
    with pytest.raises(ConfigurationError, match="<!-- burst -->"):
        capacity.capacity(use_stored=True)
