"""What operators' commands print as JSON, and what they write: locks, the audit, replayed messages, exports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.formats.account import account
from tests.formats.golden import Golden
from tests.formats.operator_commands import EXPORT, Operator, run_all
from tests.formats.shapes import by_name, merged, merged_list, shape, shown


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator who has run all commands."""
    with account(tmp_path_factory.mktemp("operator")) as here:
        yield run_all(here)


def test_json_output_stays(golden: Golden, operator: Operator) -> None:
    """The members that each command prints with --output json, with the types of their values."""
    printed = {name: by_name(shape(data)) for name, data in operator.printed.items() if name != EXPORT.name}
    golden.check("json-output", printed)


def test_records_of_locks_stay(golden: Golden, operator: Operator) -> None:
    """The members of the items and their types."""
    golden.check("lock-record", by_name(merged_list([shape(item) for item in operator.account.locks])))


def test_audit_lines_stay(golden: Golden, operator: Operator) -> None:
    """Their members in order, with the types of their values, for each command and message."""
    lines: dict[str, Any] = {}
    for line in operator.account.logged("AuditLogGroupName"):
        name = f"{line['command']}: {line['message']}"
        lines[name] = merged(lines.get(name, shown(line)), shown(line))
    golden.check("audit-lines", {name: lines[name] for name in sorted(lines)})


def test_replayed_messages_stay(golden: Golden, operator: Operator) -> None:
    """The names and types of the SQS attributes, and the members of `replay`."""
    found = {}
    for message in operator.replayed:
        attributes = message["MessageAttributes"]
        replay = json.loads(attributes["replay"]["StringValue"])
        types = {name: attribute["DataType"] for name, attribute in sorted(attributes.items())}
        found[attributes["receipt_id"]["StringValue"]] = {"attributes": types, "replay": shape(replay)}
    names = {"r1": "replayed", "r2": "redelivered", "r3": "edited", "r4": "imported"}
    golden.check("replayed-messages", {names[name]: found[name] for name in sorted(found)})


@pytest.mark.usefixtures("operator")
def test_export_lines_stay(golden: Golden) -> None:
    """The members, with the types of their values; of an event, of what is not one, and of a replayed event."""
    files = (Path(name) for name in ("exported.jsonl", "edited.jsonl", "discarded.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    shapes = [shape(line) | {name: line[name] for name in ("format", "version")} for line in lines]
    golden.check("export-lines", by_name(shapes))


def test_an_export_of_the_first_version_is_imported(operator: Operator) -> None:
    """The file stays as it is for ever; all of its dead letters come onto the queue."""
    imported = operator.printed[EXPORT.name]
    assert (imported["imported"], imported["refused"], imported["failed"]) == (3, [], [])
