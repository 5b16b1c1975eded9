"""An export has the whole bodies, so the audit log has who made it, and of which dead letters."""

from pathlib import Path
from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.dead_letters.audited_export import export_audited
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import AUDIT, Queues, audited, loan

WHERE = "item_loan.loan_id == '4711'"


@pytest.fixture
def service(dead_letters: DeadLetterStore, queues: Queues) -> DeadLetterService:
    """A service of a queue with two dead letters."""
    for number in (4711, 2):
        queues.put(loan(number), receipt_id=f"r{number}")
    return DeadLetterService(dead_letters)


def exported(service: DeadLetterService, file: Path, **filters: Any) -> ExportResult:
    """Export what matches."""
    result = ExportResult()
    export_audited(service, service.select(Filters(**filters)), file, result)
    return result


def test_each_dead_letter_of_an_export_has_a_line(service: DeadLetterService, queues: Queues, tmp_path: Path) -> None:
    """With its ID, and with the outline of the condition instead of the value in it."""
    assert exported(service, tmp_path / "x", where=WHERE).dead_letters == 1
    began, line, ended = audited(queues.aws)
    assert (began["command"], began["filters"]) == ("export", {"where": "item_loan.loan_id == …"})
    assert (line["message"], line["receipt_id"], line["result"]) == ("exported", "r4711", "done")
    assert (ended["message"], ended["result"]) == ("ended", "done")


def test_a_copy_is_one_line(service: DeadLetterService, queues: Queues, tmp_path: Path) -> None:
    """As it is one line of the file."""
    queues.put(loan(2), receipt_id="r2")
    exported(service, tmp_path / "x")
    lines = [line["receipt_id"] for line in audited(queues.aws) if line["message"] == "exported"]
    assert sorted(lines) == ["r2", "r4711"]


def test_without_an_audit_log_nothing_is_exported(service: DeadLetterService, queues: Queues, tmp_path: Path) -> None:
    """Before a body is read."""
    queues.aws.logs.delete_log_group(logGroupName=AUDIT)
    with pytest.raises(FailedError, match="Cannot write the audit log"):
        exported(service, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_an_export_without_its_lines_is_removed(
    service: DeadLetterService, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit log can be lost in the middle, too."""
    export = service.export

    def export_and_lose(*arguments: Any) -> None:
        export(*arguments)
        queues.aws.logs.delete_log_group(logGroupName=AUDIT)

    monkeypatch.setattr(service, "export", export_and_lose)
    with pytest.raises(FailedError, match="Cannot write the audit log"):
        exported(service, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_stays(service: DeadLetterService, queues: Queues, tmp_path: Path) -> None:
    """The export fails, and the audit log has that too."""
    (tmp_path / "x").write_text("mine")
    with pytest.raises(ConfigurationError, match="exists"):
        exported(service, tmp_path / "x")
    assert (tmp_path / "x").read_text() == "mine"
    assert [line.get("result") for line in audited(queues.aws)] == [None, "ConfigurationError"]
