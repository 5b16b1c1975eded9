"""The log of ingest: one line of JSON each, without empty members; an exception has only its class and place."""

import io
import json
import sys
from datetime import UTC, datetime

import pytest

from ingest.log import level_of, log, place_of


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda reads level and timestamp from the line, and a newline in a value does not end it."""
    log("WARN", "rejected", profile="alma\nERROR", status=401)
    [line] = capsys.readouterr().out.splitlines()
    members = json.loads(line)
    assert abs(datetime.fromisoformat(members.pop("timestamp")) - datetime.now(UTC)).total_seconds() < 3600
    assert members == {"level": "WARN", "message": "rejected", "profile": "alma\nERROR", "status": 401}


def test_empty_values_are_omitted_but_zero_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """None and empty text are omitted; zero bytes and zero milliseconds are kept."""
    log("INFO", "accepted", profile="", receipt_id=None, bytes=0)
    members = json.loads(capsys.readouterr().out)
    assert set(members) == {"timestamp", "level", "message", "bytes"}


def test_a_line_is_written_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda freezes the function after its answer, so buffered lines would be late or lost."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    log("INFO", "accepted")
    assert written.getvalue().endswith(b"}\n")


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "INFO"), (400, "WARN"), (401, "WARN"), (405, "WARN"), (500, "ERROR"), (503, "ERROR")],
)
def test_the_level_depends_on_the_status(status: int, level: str) -> None:
    """A 4XX is a client error, a 5XX is an error of the service."""
    assert level_of(status) == level


def test_f22_an_exception_is_logged_by_its_class_and_place() -> None:
    """The innermost place is logged; the text is not, because it can quote the request."""

    def fail() -> None:
        raise ValueError("secret")

    with pytest.raises(ValueError, match="secret") as raised:
        fail()
    assert place_of(raised.value) == f"ValueError at test_log.py:{fail.__code__.co_firstlineno + 1}"


def test_an_exception_without_traceback_has_no_place() -> None:
    """An exception that was never raised is logged too."""
    assert place_of(ValueError("secret")) == "ValueError at ?:0"
