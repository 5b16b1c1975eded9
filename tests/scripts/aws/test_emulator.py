"""The emulator where it does not come up. That it runs and stops is shown end to end."""

import tempfile
from pathlib import Path

import pytest

from scripts.aws.emulator import Emulator, behind, existing, started
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.signals import Interrupts
from tests.scripts.local.loopback import serving


def test_an_emulator_that_dies_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody took the port in between: the sentence holds the end of the emulator's log, and no folder is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        serving(404) as other,
        pytest.raises(FailedError, match=f"exited unexpectedly(?s:.*){other.port} is already in use"),
        started(other.port, Interrupts()),
    ):
        pytest.fail("it cannot have started")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["", "/"])
def test_a_running_emulator_is_used(path: str) -> None:
    """A server that answers the health request counts as an emulator."""
    with serving() as server:
        assert existing(server.url + path) == Emulator(server.url)
        assert server.requests[0].path == "/_ministack/health"


@pytest.mark.parametrize("url", ["", "x", "http://", "http://127.0.0.1:9", "ftp://127.0.0.1", "http://127.0.0.1:x"])
def test_a_missing_emulator_is_said(url: str) -> None:
    """The error is one sentence, both for a silent address and for an invalid one."""
    with pytest.raises(ConfigurationError, match="No emulator answers at"):
        existing(url)


def test_an_unhealthy_emulator_is_none() -> None:
    """Another server on that port is not used for an emulator."""
    with serving(404) as server, pytest.raises(ConfigurationError, match="No emulator answers at"):
        existing(server.url)


def test_a_webhook_url_leads_back_to_its_emulator() -> None:
    """Only the emulator's own kind of address does; a deployed stack's does not."""
    url = Emulator("http://127.0.0.1:4566").webhook_url("abc", "alma")
    assert url == "http://127.0.0.1:4566/_aws/execute-api/abc/$default/webhooks/alma"
    assert behind(url) == "http://127.0.0.1:4566"
    assert behind("https://abc.execute-api.eu-west-1.amazonaws.com/webhooks/alma") is None
    assert behind("http://127.0.0.1:8000/webhooks/alma") is None


def test_cold_starts_are_counted_in_its_log(tmp_path: Path) -> None:
    """Of an emulator that was not started here the log is not known."""
    line = "2026-11-28 12:00:00 INFO [lambda_runtime] Lambda worker spawned for ingest (python3.13, cold start)\n"
    (tmp_path / "log").write_text(f"other\nother\n{line}other\n{line}")
    assert Emulator("http://127.0.0.1:4566", log=tmp_path / "log").cold_starts() == 2
    assert Emulator("http://127.0.0.1:4566").cold_starts() == 0
