"""What the pages of the console make of hostile values, of any form and query, and of forms with `--read-only`."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest

from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.console.all_routes import DEAD_LETTER, POSTED, READ, Changes, reading_only
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues

AUDIT_WRITES: Final = {"CreateLogStream", "PutLogEvents"}

HOSTILE: Final = "\"><script>alert('1')</script>\u202e'{{7*7}}"
FORM: Final = {
    "action": "replay",
    "select": "all",
    "queue": "webhooks",
    "ids": DEAD_LETTER,
    "text": DEAD_LETTER,
    "body": "{}",
    "state_of_issue": "resolved",
    "note": "x",
    "rate": "500",
    "count": "1",
    "value": "x",
    "from": "body",
}


@pytest.fixture
def hostile(dead_letters: DeadLetterStore, queues: Queues) -> Iterator[OpenedConsole]:
    """A console on a stack with a dead letter whose every value is markup."""
    body = json.dumps({"action": HOSTILE, "event": {"value": HOSTILE}, "id": HOSTILE}).encode()
    failure = {
        "class": HOSTILE,
        "reason": HOSTILE,
        "route": HOSTILE,
        "target": HOSTILE,
        "field": HOSTILE,
        "at": HOSTILE,
    }
    queues.put(body, receipt_id=HOSTILE, profile=HOSTILE, content_type=HOSTILE, failure=failure)
    queues.put(
        body, receipt_id=DEAD_LETTER, failure={**failure, "class": "transient", "at": "2026-05-13T02:41:11.000Z"}
    )
    queues.put_message(HOSTILE, {"receipt_id": HOSTILE})
    console = opened(dead_letters.scope)
    yield console
    console.console.end()


@pytest.mark.parametrize("path", [*READ, f"/events/{quote(HOSTILE, safe='')}"])
def test_f89_hostile_values_are_text_on_every_page(hostile: OpenedConsole, path: str) -> None:
    """No markup of a body or an attribute is markup of a page, and characters that turn text around are shown."""
    text = hostile.read(path).text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "'49" not in text


@pytest.mark.parametrize("path", POSTED)
def test_f90_a_read_only_console_changes_nothing(dead_letters: DeadLetterStore, queues: Queues, path: str) -> None:
    """No form of any page changes anything; only the audit log is written to."""
    queues.put(receipt_id=DEAD_LETTER)
    page = opened(reading_only(dead_letters.scope, changes := Changes()), read_only=True)
    page.read("/dead-letters")
    page.post(path, FORM)
    page.wait()
    page.console.end()
    assert set(changes) <= AUDIT_WRITES


# Moto answers CloudFormation only with packages that are not installed.
@pytest.mark.parametrize("path", [path for path in POSTED if path != "/notifications/tests"])
@pytest.mark.parametrize("form", [{}, FORM, dict.fromkeys(FORM, HOSTILE), {key: ["", "x", HOSTILE] for key in FORM}])
def test_any_form_is_answered(hostile: OpenedConsole, path: str, form: dict[str, Any]) -> None:
    """Missing, repeated and invented fields are rejected with a page, which quotes them as text."""
    hostile.read("/dead-letters")
    answer = hostile.post(path, form)
    assert answer.status_code < 500
    assert "<script>alert" not in answer.text
    assert "location" not in answer.headers or re.match(r"/(?!/)", answer.headers["location"])


@pytest.mark.parametrize("path", READ)
def test_any_query_is_answered(hostile: OpenedConsole, path: str) -> None:
    """Filters that do not exist are rejected with a page."""
    names = ("event", "cause", "route", "queue", "page", "since", "state", "window", "after", "taken", "q", "condition")
    for value in ("", "-1", "9" * 400, "\x00", HOSTILE):
        answer = hostile.get(f"{path}?{urlencode(dict.fromkeys(names, value))}")
        assert answer.status_code < 500, value
        assert "<script>alert" not in answer.text
