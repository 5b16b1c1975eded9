"""The commands `rollback`, `upgrade-check` and `destroy --everything`: questions, exit codes, output."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.cli.options import Output
from scripts.deploy import upgrade_commands
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.destruction import Destruction
from scripts.deploy.everything import Deleted, Everything
from scripts.deploy.flags import DestructionOptions
from scripts.deploy.leftovers import Leftover
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.rollback import RollbackPlan
from scripts.deploy.service import DeployService
from scripts.main import app
from tests.formats.test_upgrade_results import DIFFERENCES, RECORD
from tests.scripts.command import run
from tests.scripts.deploy.projects import address_in

PLACE = Place("stack", "123456789012", "us-east-1")


@pytest.fixture
def service(aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Stand in for the service: a plan of each kind, and the list of what was carried out."""
    carried_out: list[str] = []
    plan = RollbackPlan(
        PLACE, "dev", RECORD, (), Artefacts(aws, PLACE.account, PLACE.region), Removals(), DIFFERENCES, []
    )
    destruction = Destruction(aws, PLACE, "dev", [], [], {})
    everything = Everything(destruction, None, [Leftover("AWS::SQS::Queue", "stack-webhooks")], tmp_path)

    def deleted(*_: Any) -> Deleted:
        carried_out.append("destroy")
        return Deleted({}, ["stack-audit-log.jsonl"], ["queue stack-webhooks"], {})

    monkeypatch.setattr(DeployService, "plan_rollback", lambda *_: plan)
    monkeypatch.setattr(DeployService, "roll_back", lambda *_: carried_out.append("rollback"))
    monkeypatch.setattr(DeployService, "plan_everything", lambda *_: everything)
    monkeypatch.setattr(DeployService, "destroy_everything", deleted)
    monkeypatch.setattr(upgrade_commands, "service_at", lambda _: DeployService(aws, address_in(None), print))
    return carried_out


@pytest.mark.parametrize("command", ["rollback", "upgrade-check"])
def test_without_a_project_they_exit_2(command: str, tmp_path: Path) -> None:
    """Like `deploy`: the project says which stack it is."""
    completed = run(command, "--project", str(tmp_path), *(["--yes"] if command == "rollback" else []))
    assert (completed.returncode, completed.stdout) == (2, "")
    assert "which has no alma-webhooks.yaml" in completed.stderr


def test_without_a_terminal_a_rollback_needs_yes() -> None:
    """Nobody can answer there: exit 2 before anything is looked at."""
    completed = run("rollback", "--stage", "dev")
    assert (completed.returncode, "pass --yes to skip the prompt" in completed.stderr) == (2, True)


def test_a_dry_run_shows_the_plan_and_carries_out_nothing(service: list[str]) -> None:
    """Every difference is a line on standard error, and their number the result."""
    result = CliRunner().invoke(app, ["rollback", "--dry-run"])
    out, err = result.stdout, result.stderr
    assert "restores the deployment of 2026-05-13T02:41:11.000Z (version 1.0.0, project invented)" in err
    assert "update  parameter ProcessorMemory: 512 → 1024" in err
    assert (out, service) == ("4 changes\nto apply it: alma-webhooks rollback --stage dev\n", [])


@pytest.mark.parametrize(("typed", "code"), [("stack everything", 0), ("stack", 1), ("everything", 1)])
def test_everything_needs_the_name_and_the_word(
    service: list[str], typed: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name alone, which `destroy` asks for, does not delete the data."""
    monkeypatch.setattr("scripts.deploy.commands.check_can_ask", lambda **_: None)
    result = CliRunner().invoke(app, ["destroy", "--everything"], input=f"{typed}\n")
    assert result.exit_code == code, result.output
    if code:
        assert isinstance(result.exception, RejectedError)
        assert service == []
    else:
        assert service == ["destroy"]
        assert "deleted      queue stack-webhooks" in result.stdout


def test_everything_skips_the_question_with_yes(service: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts; what is deleted is shown all the same."""
    upgrade_commands.destroy_everything(DestructionOptions(yes=True, everything=True), Output.text)
    out, err = capsys.readouterr()
    assert service == ["destroy"]
    assert "DELETE  queue stack-webhooks" in err
    assert out.splitlines() == [
        "exported     stack-audit-log.jsonl",
        "deleted      queue stack-webhooks",
        "1 item deleted",
    ]
