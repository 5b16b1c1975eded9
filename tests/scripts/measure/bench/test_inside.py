"""What is copied into measured processes."""

import ast
import sys
from pathlib import Path

import pytest

import scripts.measure.bench

BENCH = Path(scripts.measure.bench.__file__).parent


@pytest.mark.parametrize("path", sorted((BENCH / "inside").glob("*.py")), ids=lambda path: path.name)
def test_nothing_inside_needs_this_project(path: Path) -> None:
    """Only the standard library and each other, but for what stands within a function: that is what is measured."""
    tree = ast.parse(path.read_text("utf-8"))
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    beside = {other.stem for other in path.parent.glob("*.py")}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names) | beside


def test_the_measuring_itself_loads_nothing() -> None:
    """What it imported, every handler would seem to need."""
    tree = ast.parse((BENCH / "inside" / "measured.py").read_text("utf-8"))
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"marshal", "os", "sys", "time"}
