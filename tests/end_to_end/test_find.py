"""A text is found on the emulator: in the input of an execution, in the logs, and in a dead letter."""

import json
import uuid
from typing import Any

from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_executions import without_an_id


def found(stack: Stack, text: str) -> list[dict[str, Any]]:
    """Return the matches of `alma-webhooks find …`; every source could be read."""
    completed = stack.command("find", text, "--since=10m", "--output=json")
    assert completed.stdout, completed.stderr
    data = json.loads(completed.stdout)
    assert data["problems"] == []
    return list(data["matches"])


def test_an_event_is_found_by_its_receipt_id_and_its_execution(stack: Stack) -> None:
    """The execution has the receipt id of its event."""
    outcome = stack.outcome(stack.accepted(without_an_id(stack.scope.stage)))
    name = outcome["deliveries"][0]["execution"].rpartition(":")[2]

    def by_name() -> list[dict[str, Any]] | None:
        matches = found(stack, name)
        return matches if len({match["source"] for match in matches}) > 1 else None

    matches = eventually(by_name, seconds=60)
    assert {match["source"] for match in matches} == {"executions of bursar", "log of processor"}
    assert {match["id"] for match in matches} == {outcome["receipt_id"]}
    sources = {match["source"] for match in found(stack, outcome["receipt_id"].upper())}
    assert sources >= {"log of ingest", "log of processor"}


def test_a_dead_letter_is_found_by_a_value_of_its_body(stack: Stack) -> None:
    """The value stays hidden."""
    barcode = uuid.uuid4().hex
    event = {"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "item_loan": {"item_barcode": barcode}}
    body = json.dumps(event)[:-1].encode() + b', "action": "LOAN"}'  # a duplicate member, so that it is not parsed
    receipt_id = stack.accepted(body)
    [match] = eventually(lambda: found(stack, barcode), seconds=60)
    assert (match["source"], match["id"]) == ("dead letters", receipt_id)
    assert barcode not in json.dumps(match)
