"""Bodies of invented events of loans and requests."""

import json
from datetime import UTC, datetime
from typing import Any, Final

NOW: Final = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
USER: Final = "invented-patron-1"

LOAN: Final = {
    "loan_id": "L1",
    "user_id": "Invented-Patron-1",
    "title": "Tides of the Inner Harbour",
    "author": None,
    "item_barcode": "39900000000",
    "mms_id": "99000002220107141",
    "due_date": "2026-06-26T16:00:00Z",
    "loan_date": "2026-05-12T09:14:05.812Z",
    "loan_status": "ACTIVE",
    "process_status": "NORMAL",
    "library": {"value": "MAIN", "desc": "Main Library"},
    "renewable": True,
}
REQUEST: Final = {
    "request_id": "R1",
    "user_primary_id": "invented-patron-1",
    "title": "Collected Letters of Nobody",
    "request_type": "HOLD",
    "request_status": "NOT_STARTED",
    "request_date": "2026-05-14Z",
    "place_in_queue": 1,
    "comment": "invented",
}


def loan(event: str = "LOAN_CREATED", time: str | None = "2026-05-20T10:00:00Z", **members: Any) -> bytes:
    """Return the body of an event of a loan; a member that is `...` is left out."""
    return _body("LOAN", event, time, "item_loan", {**LOAN, **members})


def request(event: str = "REQUEST_CREATED", time: str | None = "2026-05-20T10:00:00Z", **members: Any) -> bytes:
    """Return the body of an event of a request; a member that is `...` is left out."""
    return _body("REQUEST", event, time, "user_request", {**REQUEST, **members})


def _body(action: str, event: str, time: str | None, member: str, members: dict[str, Any]) -> bytes:
    given = {name: value for name, value in members.items() if value is not ...}
    envelope = {"id": "1", "action": action, "time": time, "event": {"value": event}, member: given}
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()
