"""What `deploy` prints of the proof, and that programs get it in every ending. A stand-in deploys."""

import json
from typing import Any

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import Output
from scripts.deploy import deploy_command
from scripts.deploy.deploy_command import _deploy
from scripts.deploy.plan import DeploymentOptions
from scripts.deploy.removals import Removals

PROOF = {"state": "proven", "receipt_id": "r", "seconds": 1.5, "events_ahead": 0, "follow": "", "problem": ""}


class Deployed:
    """Stands in for a deployment that changes nothing and whose proof ends so."""

    def __init__(self, proof: dict[str, Any]) -> None:
        self._proof = proof

    def run(self) -> dict[str, Any]:
        """Nothing changed."""
        return {"stacks": [], "profiles": []}

    def prove(self, data: dict[str, Any]) -> None:
        """Ends with the given proof."""
        data["proof"] = self._proof
        if self._proof["state"] == "failed":
            raise FailedError(self._proof["problem"])


def deploy(monkeypatch: pytest.MonkeyPatch, output: Output, **ended: Any) -> None:
    monkeypatch.setattr(deploy_command, "plan", lambda *_: type("Planned", (), {"facts": {}, "removals": Removals()}))
    monkeypatch.setattr(deploy_command, "Deployment", lambda *_, **__: Deployed(PROOF | ended))
    aws: Any = None
    _deploy(aws, DeploymentOptions("dev"), output, yes=True, abandon_data=False)


@pytest.mark.parametrize(
    ("ended", "lines"),
    [
        ({}, ["proven    heartbeat r was delivered after 1.5 s"]),
        (
            {"state": "accepted", "events_ahead": 4812, "follow": "alma-webhooks trace r --stage dev"},
            [
                "accepted; 4,812 events are ahead of it",
                "  follow it     alma-webhooks trace r --stage dev",
            ],
        ),
        ({"state": "accepted", "events_ahead": 1}, ["accepted; 1 event is ahead of it", "  follow it     "]),
    ],
)
def test_f57_people_see_how_the_proof_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ended: dict[str, Any], lines: list[str]
) -> None:
    """With the command that follows a heartbeat that has not come out yet."""
    deploy(monkeypatch, Output.text, **ended)
    assert capsys.readouterr().out.strip("\n").split("\n") == lines


@pytest.mark.parametrize("state", ["proven", "accepted"])
def test_f57_programs_get_the_proof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    """One JSON object."""
    deploy(monkeypatch, Output.json, state=state)
    assert json.loads(capsys.readouterr().out)["proof"] == PROOF | {"state": state}


@pytest.mark.parametrize("output", list(Output))
def test_f57_a_proof_that_failed_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: Output
) -> None:
    """Programs still get the result; people get the error and no success message."""
    with pytest.raises(FailedError, match="why it failed"):
        deploy(monkeypatch, output, state="failed", problem="why it failed")
    out = capsys.readouterr().out.strip()
    assert json.loads(out)["proof"]["state"] == "failed" if output is Output.json else out == ""
