"""The golden files: a changed format fails, and so does a file that no test compares."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from scripts.main import app
from tests.formats.golden import FOLDER, FORMATS, Golden
from tests.formats.shapes import merged, shape
from tests.scripts.cli_commands import commands

# Commands whose output is in another golden file, or in none, with the reason.
ELSEWHERE = {
    "deploy": "deploy-result.json",
    "run": "ready-line.json",
    **dict.fromkeys(("rollback", "upgrade-check"), "upgrade-results.json"),
    "soak": "a soak takes minutes, and its report is for developers of the project",
}


def test_a_changed_format_fails_with_advice(tmp_path: Path) -> None:
    """The message has the format, the first difference, what breaks, and what to do if the change is intended."""
    Golden(tmp_path, is_update=True).check("lock-record", {"who": "string"})
    Golden(tmp_path, is_update=False).check("lock-record", {"who": "string"})
    with pytest.raises(AssertionError) as failed:
        Golden(tmp_path, is_update=False).check("lock-record", {"holder": "string"})
    assert str(failed.value) == (
        """The format 'lock-record' changed (line 2 was "who": "string", now "holder": "string"): an operator with """
        "another version could change the same dead letters at the same time. If that is intended, note it in "
        "CHANGELOG.md and run `python -m tests.formats.update`."
    )


def test_a_missing_file_fails(tmp_path: Path) -> None:
    """A format without a golden file fails."""
    with pytest.raises(AssertionError, match=r"lock-record.json is missing"):
        Golden(tmp_path, is_update=False).check("lock-record", {})


def test_every_format_has_its_file_and_its_test() -> None:
    """Each golden file is compared by a test."""
    files = {path.stem for path in FOLDER.glob("*.json") if not path.stem.startswith("envelope-")}
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert files == set(FORMATS) == {name for name in FORMATS if f'golden.check("{name}"' in tests}


def test_every_command_with_json_output_has_a_golden_file() -> None:
    """A new command with --output needs a call in test_operator.py, or a reason above."""
    pinned = json.loads((FOLDER / "json-output.json").read_text("utf-8"))
    for path, command in commands(typer.main.get_command(app)):
        name = " ".join(path)
        if any("--output" in parameter.opts for parameter in command.params) and name not in ELSEWHERE:
            assert any(each == name or each.startswith((f"{name} ", f"{name},")) for each in pinned), name


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 2.0], "null or number"),
        ([{"a": 1}, {"a": "x", "b": True}], {"a": "number or string", "b?": "boolean"}),
        ([{"a": 1}, {}, {"a": 2}], {"a?": "number"}),
        ([None, {"a": []}, {"a": [1]}], {"null or": {"a": ["number"]}}),
        ([{"a": {"b": 1}}, {"a": None}], {"a": {"null or": {"b": "number"}}}),
    ],
)
def test_the_shape_of_a_list_covers_all_its_members(values: list[Any], expected: Any) -> None:
    """The shape has all types, optional members, and null beside an object."""
    assert shape(values) == [expected]
    assert merged(expected, expected) == expected
