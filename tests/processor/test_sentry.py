"""Alerts to Sentry: what goes over the wire, and that nothing does without a DSN."""

import gzip
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk

from processor.sentry import alerts
from processor.settings import SettingsError
from tests.loopback import Loopback, answer

LINE = {
    "receipt_id": "receipt-1",
    "profile": "alma",
    "outcome": "dead",
    "deliveries": [{"route": "pod", "execution": "patron-4711"}],
    "failure": {"class": "template", "reason": "a field is missing", "route": "pod", "field": "let.run_type"},
}


@pytest.fixture(autouse=True)
def close_client() -> Iterator[None]:
    """Closes the client of the SDK and its threads."""
    yield
    sentry_sdk.get_client().close(timeout=1)
    sentry_sdk.get_global_scope().set_client(None)


def sent_text(environment: dict[str, str], *lines: dict[str, Any]) -> str:
    with Loopback(answer({})) as server:
        dsn = server.url.replace("http://", "http://key@") + "/1"
        alert = alerts({"SENTRY_DSN": dsn, **environment})
        for line in lines:
            patron = "patron-4711"  # a local variable, which the SDK could send
            alert(line)
            assert patron
        bodies = [received.body for received in server.received]
    return "".join((gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode() for body in bodies)


def test_f22_an_alert_for_a_dead_letter_has_no_content() -> None:
    """The alert has receipt id, failure and stage, but no delivery, local variable or stack frame."""
    text = sent_text({"STAGE": "prod"}, LINE)
    assert "dead: template, a field is missing" in text
    for expected in ("receipt-1", "alma", "let.run_type", '"environment":"prod"'):
        assert expected in text
    assert '"breadcrumbs":{"values":[]}' in text
    for unexpected in ("patron-4711", "stacktrace", "test_sentry"):
        assert unexpected not in text


def test_without_a_dsn_nothing_is_sent_or_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a DSN the SDK is not needed."""
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    alerts({})(LINE)
    alerts({"SENTRY_DSN": ""})(LINE)


def test_a_dsn_without_the_sdk_stops_the_function_when_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DSN without the SDK is an error."""
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SettingsError, match="the package sentry-sdk is not in the zip"):
        alerts({"SENTRY_DSN": "http://key@127.0.0.1:9/1"})


def test_an_outage_of_sentry_fails_no_event() -> None:
    """The alert is lost, but the event is processed."""
    alerts({"SENTRY_DSN": "http://key@127.0.0.1:9/1"})(LINE)
