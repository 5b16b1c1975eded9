"""Formats of operator commands: JSON output, locks, issues, the audit log, replayed messages and exports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.formats.account import account
from tests.formats.golden import Golden
from tests.formats.operator_commands import EXPORT, Operator, run_all
from tests.formats.shapes import by_name, log_line_shape, merged, merged_list, shape


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator who has run all commands."""
    with account(tmp_path_factory.mktemp("operator")) as here:
        yield run_all(here)


def test_json_output_is_stable(golden: Golden, operator: Operator) -> None:
    """The members and types of the JSON output of each command are fixed."""
    printed = {name: by_name(shape(data)) for name, data in operator.printed.items() if name != EXPORT.name}
    golden.check("json-output", printed)


def test_records_of_locks_are_stable(golden: Golden, operator: Operator) -> None:
    """The members and types of the items are fixed."""
    golden.check("lock-record", by_name(merged_list([shape(item) for item in operator.account.locks])))


def test_records_of_issues_are_stable(golden: Golden, operator: Operator) -> None:
    """The members and types of the items are fixed."""
    items = operator.account.client("dynamodb").scan(TableName="issues")["Items"]
    golden.check("issue-record", by_name(merged_list([shape(item) for item in items])))


def test_audit_lines_are_stable(golden: Golden, operator: Operator) -> None:
    """The order and types of the members are fixed, for each command, message and queue that is not the default."""
    lines: dict[str, Any] = {}
    for line in operator.account.logged("AuditLogGroupName"):
        name = " ".join([f"{line['command']}: {line['message']}", *filter(None, [line.get("queue")])])
        lines[name] = merged(lines.get(name, log_line_shape(line)), log_line_shape(line))
    golden.check("audit-lines", {name: lines[name] for name in sorted(lines)})


def test_replayed_messages_are_stable(golden: Golden, operator: Operator) -> None:
    """The names and types of the SQS attributes, and the members of `replay`, are fixed."""
    found = {}
    for message in operator.replayed:
        attributes = message["MessageAttributes"]
        replay = json.loads(attributes["replay"]["StringValue"])
        types = {name: attribute["DataType"] for name, attribute in sorted(attributes.items())}
        found[attributes["receipt_id"]["StringValue"]] = {"attributes": types, "replay": shape(replay)}
    names = {"r1": "replayed", "r2": "redelivered", "r3": "edited", "r4": "imported"}
    golden.check("replayed-messages", {names[name]: found[name] for name in sorted(found)})


@pytest.mark.usefixtures("operator")
def test_export_lines_are_stable(golden: Golden) -> None:
    """The members and types are fixed, for an event, an invalid body, a replayed event and notifications."""
    what = ("exported", "edited", "discarded")
    files = (Path(f"{name}{queue}.jsonl") for queue in ("", "-notification") for name in what)
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    shapes = [shape(line) | {name: line[name] for name in ("format", "version")} for line in lines]
    golden.check("export-lines", by_name(shapes))


def test_an_export_of_the_first_version_is_imported(operator: Operator) -> None:
    """A file of the first version stays importable: all of its dead letters are put on the queue."""
    imported = operator.printed[EXPORT.name]
    assert (imported["imported"], imported["refused"], imported["failed"]) == (3, [], [])
