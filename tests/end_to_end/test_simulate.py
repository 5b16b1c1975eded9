"""A simulation of Alma against the emulator: every event that it counts as accepted has an outcome."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.stack import Stack

pytestmark = pytest.mark.full  # hundreds of events at the speed of Alma

EVENTS = 60
INJECTED = "--duplicates 0.2 --reorder 0.2 --bad-signatures 0.1 --odd-bytes 0.3 --seed 20260513 --rate 30"


def recorded(record: Path) -> list[dict[str, Any]]:
    """Return the accepted events, also if the simulation was interrupted."""
    lines = record.read_text("utf-8").splitlines(keepends=True) if record.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def test_every_accepted_event_has_its_outcome(stack: Stack, tmp_path: Path) -> None:
    """The simulation with every injection exits with code 0, and each recorded receipt id has an outcome line."""
    record = tmp_path / "accepted.jsonl"
    arguments = (f"--events={EVENTS}", f"--record={record}", "--output=json", *INJECTED.split())
    url = stack.facts["webhook_url"]
    consent = () if stack.is_local else (f"--confirm-host={urlsplit(url).hostname}",)
    try:
        completed = stack.signing("simulate", url, *arguments, *consent)
    finally:
        stack.owns(line["receipt_id"] for line in recorded(record))
    assert completed.returncode == 0, completed.stdout + completed.stderr
    summary = json.loads(completed.stdout)
    assert min(summary["injected"].values()) > 0
    assert summary["sent"] == EVENTS + summary["injected"]["duplicates"]
    assert summary["rejected"] == summary["injected"]["bad_signatures"]
    assert summary["accepted"] == summary["sent"] - summary["rejected"]
    accepted = recorded(record)
    receipts = [line["receipt_id"] for line in accepted]
    assert len(set(receipts)) == len(receipts) == summary["accepted"]
    outcomes = {line["number"]: stack.outcome(line["receipt_id"])["outcome"] for line in accepted}
    dead = {line["event"] for line in accepted if outcomes[line["number"]] == "dead"}
    assert {"odd-nul", "odd-not-json", "odd-invalid-utf-8", "odd-deep-nesting"} >= dead > set()
