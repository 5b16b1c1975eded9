"""What is copied into measured processes."""

import ast
import sys
from pathlib import Path

import pytest

import benchmarks

BENCH = Path(benchmarks.__file__).parent


def imported(path: Path) -> set[str]:
    """What a module imports before anything is called, without what stands in functions: that is what is measured."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted((BENCH / "runner").glob("*.py")), ids=lambda path: path.name)
def test_nothing_inside_needs_this_project(path: Path) -> None:
    """Only the standard library and each other."""
    beside = {other.stem for other in path.parent.glob("*.py")}
    assert {name.partition(".")[0] for name in imported(path)} <= set(sys.stdlib_module_names) | beside


def test_the_measuring_itself_loads_nothing() -> None:
    """What it imported, every handler would seem to need."""
    assert imported(BENCH / "runner" / "measured.py") == {"marshal", "os", "sys", "time"}


def test_the_raw_post_loads_what_it_must() -> None:
    """One more module would make the handlers on top of it look better."""
    assert imported(BENCH / "handlers" / "raw_post.py") == {"http.client", "os", "ssl"}


def test_the_work_floor_needs_the_standard_library_only() -> None:
    """What it took from ingest would not be compared."""
    assert imported(BENCH / "handlers" / "work_floor.py") <= set(sys.stdlib_module_names)
