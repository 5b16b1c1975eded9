"""Ingest's log: one line of JSON each, nothing empty in it, and of an exception no more than its place."""

import io
import json
import sys
from datetime import UTC, datetime

import pytest

from ingest.log import level_of, log, place_of


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda reads level and timestamp from it, and a newline in a fact does not end it."""
    log("WARN", "rejected", profile="alma\nERROR", status=401)
    [line] = capsys.readouterr().out.splitlines()
    members = json.loads(line)
    assert abs(datetime.fromisoformat(members.pop("timestamp")) - datetime.now(UTC)).total_seconds() < 3600
    assert members == {"level": "WARN", "message": "rejected", "profile": "alma\nERROR", "status": 401}


def test_what_is_empty_is_left_out_and_zero_is_not_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """None and empty text say nothing; no bytes and no milliseconds say something."""
    log("INFO", "accepted", profile="", receipt_id=None, bytes=0)
    members = json.loads(capsys.readouterr().out)
    assert set(members) == {"timestamp", "level", "message", "bytes"}


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda freezes the function after its answer: what is still buffered then comes late or never."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    log("INFO", "accepted")
    assert written.getvalue().endswith(b"}\n")


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "INFO"), (400, "WARN"), (401, "WARN"), (405, "WARN"), (500, "ERROR"), (503, "ERROR")],
)
def test_the_level_tells_whose_affair_it_is(status: int, level: str) -> None:
    """A 4XX is the client's, a 5XX is ours."""
    assert level_of(status) == level


def test_f22_an_exception_is_logged_by_its_class_and_place() -> None:
    """The innermost place is the one to look at; the text can quote what was sent, and stays out."""

    def fail() -> None:
        raise ValueError("secret")

    with pytest.raises(ValueError, match="secret") as raised:
        fail()
    assert place_of(raised.value) == f"ValueError at test_log.py:{fail.__code__.co_firstlineno + 1}"


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    """What has no traceback is logged all the same."""
    assert place_of(ValueError("secret")) == "ValueError at ?:0"
