"""Each way in which exports use namespaces, as files, and what is read from them."""

import json
from pathlib import Path

import pytest
from export_transform.parsing import control_number, parse, status_of
from export_transform.records import CutRecord

from tests.examples.export_transform.marc_samples import cut

FOLDER = Path(__file__).with_name("namespaces")
FILES = sorted(FOLDER.glob("*.xml"))
READ = json.loads((FOLDER / "read.json").read_text("utf-8"))


def read(path: Path) -> list[list[str]]:
    """Return control number and status of each record, or the reason of its reject."""
    found = [parse(each) if isinstance(each, CutRecord) else each for each in cut(path.read_bytes())]
    return [[each.reason] if isinstance(each, tuple) else [control_number(each), status_of(each)] for each in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_records_of_a_file_are_read(path: Path) -> None:
    """The namespace of MARC under any prefix, or none; wrappers of OAI count once, and say what is deleted."""
    assert read(path) == READ[path.name]


def test_each_file_is_described() -> None:
    """No description without a file, and no file without one."""
    assert sorted(READ) == [path.name for path in FILES]
