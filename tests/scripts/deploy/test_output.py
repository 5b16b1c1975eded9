"""What `deploy` prints of the proof, and that programs get it in every ending. A stand-in deploys."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import Output
from scripts.cli.output import print_result
from scripts.deploy import output
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.deploy.commands import run_deployment
from scripts.deploy.cost import CostChange, MonthlyCost
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.service import DeploymentResult
from tests.scripts.deploy.test_deployment_plan import plan

PROOF = {"state": "proven", "receipt_id": "r", "seconds": 1.5, "events_ahead": 0, "follow": "", "problem": ""}


class Deployed:
    """Stands in for a service: its deployment changes nothing, and its proof ends so."""

    def __init__(self, proof: dict[str, Any]) -> None:
        self._proof = proof

    def plan(self, _: DeploymentOptions) -> Any:
        """Nothing is planned."""
        return SimpleNamespace(differences=(), removals=Removals(), costs=None, notes=())

    def deploy(self, planned: Any, _: Any) -> DeploymentResult:
        """Nothing changed."""
        return DeploymentResult(planned, {}, {"stacks": [], "profiles": []})

    def prove(self, result: DeploymentResult) -> None:
        """Ends with the given proof."""
        result.data["proof"] = self._proof
        if self._proof["state"] == "failed":
            raise FailedError(self._proof["problem"])


def deploy(form: Output, **ended: Any) -> None:
    service: Any = Deployed(PROOF | ended)
    run_deployment(service, DeploymentOptions(yes=True), form)


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
    capsys: pytest.CaptureFixture[str], ended: dict[str, Any], lines: list[str]
) -> None:
    """With the command that follows a heartbeat that has not come out yet."""
    deploy(Output.text, **ended)
    assert capsys.readouterr().out.strip("\n").split("\n") == lines


@pytest.mark.parametrize("state", ["proven", "accepted"])
def test_f57_programs_get_the_proof(capsys: pytest.CaptureFixture[str], state: str) -> None:
    """One JSON object."""
    deploy(Output.json, state=state)
    assert json.loads(capsys.readouterr().out)["proof"] == PROOF | {"state": state}


@pytest.mark.parametrize("form", list(Output))
def test_f57_a_proof_that_failed_fails_the_command(capsys: pytest.CaptureFixture[str], form: Output) -> None:
    """Programs still get the result; people get the error and no success message."""
    with pytest.raises(FailedError, match="why it failed"):
        deploy(form, state="failed", problem="why it failed")
    out = capsys.readouterr().out.strip()
    assert json.loads(out)["proof"]["state"] == "failed" if form is Output.json else out == ""


CHANGES = [
    ResourceChange("add", "AWS::ApiGatewayV2::IntegrationResponse", "One"),
    ResourceChange("replace", "AWS::ApiGatewayV2::ApiGatewayManagedOverrides", "TheResourceWithTheLongestName"),
    ResourceChange("change", "AWS::SQS::Queue", "WebhookQueue"),
]
RESULT: dict[str, Any] = {
    "stacks": [{"stack": "alma-webhooks-dev-observability", "changes": []}],
    "profiles": [
        {
            "profile": "alma",
            "listener_url": "https://0123456789.execute-api.eu-central-1.amazonaws.com/webhooks/alma",
            "show_secret": "AWS_PROFILE='my admin' alma-webhooks secret status alma --stage dev --show-secret",
            "enter": "Configuration → General → External Systems → Integration Profiles, type Webhooks, format JSON",
        }
    ],
}
WIDE_URL = "  webhook URL  https://0123456789.execute-api.eu-central-1.amazonaws.com/webhooks/alma"


def show_all() -> None:
    """Print a plan, a change set and a result with long names."""
    found = (Removal("profile", "alma", "its path answers 503; Alma retries an event for 10 hours, then drops it"),)
    differences = (Difference("parameter", "A" * 40, "1", "2" * 30, "not in the file: the next deployment reverts it"),)
    removals = Removals(found, frozenset({"alma", "no-such-topic"}))
    costs = CostChange(MonthlyCost(29.9, 22.9), MonthlyCost(1.3, 0))
    planned: Any = plan(differences=differences, removals=removals, costs=costs)
    output.show_plan(planned)
    output.show_changes(ChangeSet("set", "id", ChangeSetRequest("stack", "IMPORT", {}, [], []), CHANGES))
    accepted = PROOF | {"state": "accepted", "follow": f"alma-webhooks trace {'0' * 32} --stage dev"}
    kept = [{"type": "AWS::Logs::LogGroup", "name": "/alma-webhooks/" + "s" * 30}]
    deleted = {"deleted": ["a" * 40, "b" * 40], "kept": kept, "came": {"webhook queue": 2}}
    lines = [*output.result_lines(RESULT), *output.proof_lines(accepted), *output.destruction_lines(deleted)]
    print_result(Output.text, None, lines)


def test_the_warnings_of_a_plan_are_printed_first(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with the changes; control characters are escaped."""
    nothing: Any = None
    differences = (Difference("parameter", "A", "1", "2", ""),)
    planned = DeploymentPlan(
        nothing, "dev", {}, [], [], [], nothing, differences=differences, warnings=("routes.yaml: warning: \x1b",)
    )
    output.show_plan(planned)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "routes.yaml: warning: \\x1b"
    assert lines[1].startswith("update  ")


def test_a_plan_fits_a_terminal_of_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines are wrapped at words and go on below their text; a URL stays whole, so that it can be copied."""
    monkeypatch.setattr("scripts.cli.output.width_of", lambda _: 80)
    show_all()
    shown = capsys.readouterr()
    lines = [*shown.err.splitlines(), *shown.out.splitlines()]
    assert [line for line in lines if len(line) > 80] == [" " * 15 + RESULT["profiles"][0]["listener_url"]]
    assert f"  {'REPLACE':<11}  AWS::ApiGatewayV2::ApiGatewayManagedOverrides" in lines
    assert f"{'':<15}TheResourceWithTheLongestName" in lines


def test_a_plan_in_a_file_has_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """As programs such as grep want them."""
    show_all()
    lines = capsys.readouterr().out.splitlines()
    assert WIDE_URL in lines
    assert max(map(len, lines)) > 100
