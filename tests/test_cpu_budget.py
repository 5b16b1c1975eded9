"""The CPU budget of the tests: each folder has one, and a folder that exceeds it is reported."""

from pathlib import Path

import pytest

from tests.cpu_budget import ROOT, budgets, folder_of, over_budget


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("tests/test_costs.py", "tests"),
        ("tests/processor/routing/test_router.py", "tests/processor"),
        ("tests/scripts/test_main.py", "tests/scripts"),
        ("tests/scripts/dead_letters/commands/test_read.py", "tests/scripts/dead_letters"),
    ],
)
def test_a_test_belongs_to_its_folder(path: str, folder: str) -> None:
    """Each feature of the tools has a budget of its own; single files share one."""
    assert folder_of(ROOT / path) == folder


def test_every_folder_of_tests_has_a_budget() -> None:
    """A new folder needs a budget, and a budget needs a folder."""
    files = [path for path in Path(ROOT / "tests").rglob("test_*.py") if "golden" not in path.parts]
    unmeasured = {"tests/browser", "tests/packages"}  # `make test` runs none of their tests
    assert {folder_of(path) for path in files} - unmeasured == set(budgets())


def test_only_what_exceeds_its_budget_is_reported() -> None:
    """The sentence names the folder, its use and its budget."""
    assert over_budget({"a": 10.0, "b": 11.0}, {"a": 10, "b": 10})[0].startswith("b uses 11 units of CPU time")
    assert len(over_budget({"a": 10.0, "c": 1.0}, {"a": 10})) == 1
