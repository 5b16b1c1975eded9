"""A simulated Alma against the local engine: what it counts as accepted is what the processor has seen."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.stack import Stack

EVENTS = 60
INJECTED = "--duplicates 0.2 --reorder 0.2 --bad-signatures 0.1 --odd-bytes 0.3 --seed 20260513 --rate 30"


def test_every_accepted_event_has_its_outcome(stack: Stack, tmp_path: Path) -> None:
    """With every injection: exit 0, nothing unexpected, and an outcome line for each recorded receipt id."""
    record = tmp_path / "accepted.jsonl"
    arguments = (f"--events={EVENTS}", f"--record={record}", "--output=json", *INJECTED.split())
    url = stack.facts["webhook_url"]
    consent = () if stack.is_local else (f"--yes-to-this-host={urlsplit(url).hostname}",)
    done = stack.signing("simulate", url, *arguments, *consent)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert min(summary["injected"].values()) > 0
    assert summary["sent"] == EVENTS + summary["injected"]["duplicates"]
    assert summary["refused"] == summary["injected"]["bad_signatures"]
    assert summary["accepted"] == summary["sent"] - summary["refused"]
    accepted = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    receipts = [line["receipt_id"] for line in accepted]
    stack.owns(receipts)
    assert len(set(receipts)) == len(receipts) == summary["accepted"]
    outcomes = {line["number"]: stack.outcome(line["receipt_id"])["outcome"] for line in accepted}
    dead = {line["event"] for line in accepted if outcomes[line["number"]] == "dead"}
    assert {"odd-nul", "odd-not-json", "odd-invalid-utf-8", "odd-deep-nesting"} >= dead > set()
