"""The list of guarantees is complete, and each guarantee is covered by tests with its number."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = re.findall(r"(?m)^\| (\d+) \| (.+) \| (.+) \|$", (ROOT / "docs" / "guarantees.md").read_text("utf-8"))
PLANNED = {int(number) for number, _, held in ROWS if held == "planned"}


def numbers_of(name: str) -> set[int]:
    """Return the numbers in the name of a test, e.g. 24 and 36 for test_f24_f36_a_record."""
    numbered = re.match(r"test_((?:f\d+_)+)", name)
    return {int(number) for number in re.findall(r"\d+", numbered[1])} if numbered else set()


@cache
def numbered_tests() -> dict[str, set[int]]:
    """Return the numbers of each test by `file::name`. Files without a number in a name are not parsed."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    return {
        f"{path.relative_to(ROOT).as_posix()}::{node.name}": numbers_of(node.name)
        for path, text in texts.items()
        if re.search(r"\bdef test_f\d", text)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_number_is_listed_once_and_in_order() -> None:
    """The numbers run from 1 without a gap, so that each number in a test name can be looked up."""
    assert [int(number) for number, _, _ in ROWS] == list(range(1, len(ROWS) + 1))


def test_each_guarantee_names_a_test_with_its_number() -> None:
    """The named test exists in the named file, and its name contains the number."""
    known = numbered_tests()
    named = {int(number): held.strip("`") for number, _, held in ROWS if held != "planned"}
    assert {number: held for number, held in named.items() if number not in known.get(held, set())} == {}


def test_no_tested_guarantee_is_marked_as_planned() -> None:
    """Each number in a test name is listed and not marked as planned."""
    held = set().union(*numbered_tests().values())
    assert held & PLANNED == set()
    assert held <= {int(number) for number, _, _ in ROWS}
