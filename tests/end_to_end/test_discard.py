"""A dead letter is exported, discarded with its count, counted by the reconciliation, and imported again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scripts.dead_letters.export_file import read_lines
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_reconcile import reconcile


def dead_letters(stack: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return exit code and JSON output of `alma-webhooks dead-letters …`."""
    completed = stack.command("dead-letters", *arguments, "--output=json")
    assert completed.stdout, completed.stderr
    return completed.returncode, json.loads(completed.stdout)


def test_f48_a_dead_letter_is_exported_discarded_counted_and_imported(stack: Stack, tmp_path: Path) -> None:
    """A discard needs the count, the reconciliation counts it, and an import restores every byte."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    body = b"\x00 no event"
    receipt_id = stack.accepted(body, "application/octet-stream")
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    eventually(lambda: dead_letters(stack, "export", str(tmp_path / "first"), receipt_id)[1]["exported"])
    file = tmp_path / "discarded.jsonl"
    assert dead_letters(stack, "discard", receipt_id, f"--export={tmp_path / 'unused'}")[0] == 3
    code, data = dead_letters(stack, "discard", receipt_id, "--count=1", f"--export={file}")
    assert (code, data["exported"], data["discarded"]) == (0, 1, 1)
    [line] = read_lines(file)
    assert line.dead_letter
    assert line.dead_letter.body == body
    code, none = dead_letters(stack, "export", str(tmp_path / "none"), receipt_id)
    assert (code, none["exported"], none["missing"]) == (1, 0, [receipt_id])
    _, after = reconcile(stack, since=since)
    assert after["all"]["discarded"] >= 1
    assert receipt_id not in [each["receipt_id"] for each in after["missing"]]

    code, data = dead_letters(stack, "import", str(file), "--yes")
    assert (code, data["imported"]) == (0, 1)
    dead_letter = stack.dead_letter(receipt_id)
    assert dead_letter["attributes"] == dict(line.dead_letter.attributes)
    assert dead_letter["attributes"]["encoding"] == "base64"
