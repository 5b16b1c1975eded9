"""Where `send` and `simulate` read the signing secret."""

from pathlib import Path

import pytest

from scripts.cli.options import StackFlags, StageName
from scripts.local.send import SECRET_VARIABLE, Sender
from scripts.local.sender import address_for, sender_at

URL = "https://host.invalid/webhooks/alma"
LOCAL = "http://127.0.0.1:4566"
LOCAL_URL = f"{LOCAL}/_aws/execute-api/a1/$default/webhooks/alma"


@pytest.fixture(autouse=True)
def _no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_secret_is_read_where_the_address_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stage, region and credentials come from flags and environment, and are printed."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    flags = StackFlags(stage=StageName.prod, aws_profile="library")
    assert sender_at(URL, flags, "consortium") == Sender("prod", "consortium", None, "eu-west-1", "library")
    shown = " ".join(capsys.readouterr().err.split())
    assert shown.startswith("stage prod (from --stage), region eu-west-1 (from AWS_REGION), ")


def test_nothing_is_printed_if_the_environment_has_the_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS is not asked then."""
    monkeypatch.setenv(SECRET_VARIABLE, "invented")
    sender_at(URL, StackFlags(), None)
    assert capsys.readouterr().err == ""


def test_the_emulator_of_the_url_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack behind the URL is there; only the flag names another one."""
    monkeypatch.setenv("ALMA_WEBHOOKS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = address_for(LOCAL_URL, StackFlags())
    assert (found.emulator_url, found.sources["endpoint_url"]) == (LOCAL, "from the webhook URL")
    assert found.options == f"--stage dev --endpoint-url {LOCAL}"  # another command does not know the URL
    assert address_for(URL, StackFlags()).emulator_url == "http://127.0.0.1:9"
    assert address_for(LOCAL_URL, StackFlags(endpoint_url="http://127.0.0.1:8")).emulator_url == "http://127.0.0.1:8"
