"""The service works without a command line: it prints nothing, and its results are valid also after a failure."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scripts.cli.exit_codes import RejectedError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.edit import EditRequest, EditResult
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.import_ import ImportResult
from scripts.dead_letters.queues import Depth, SourceQueue
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues, audited, loan
from tests.scripts.dead_letters.test_replay import arrived

ALL = Filters()
OPTIONS = ReplayOptions(Rate(1000))


@pytest.fixture
def service(dead_letters: DeadLetterStore, queues: Queues) -> DeadLetterService:
    """A service with two dead letters."""
    for number in range(2):
        queues.put(loan(number), receipt_id=f"r{number}")
    return DeadLetterService(dead_letters)


def test_a_caller_without_a_terminal_can_do_everything(
    service: DeadLetterService, queues: Queues, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed or asked on a terminal; results and audit log show each change."""
    assert [summary.id for summary in service.list(ALL).dead_letters] == ["r0", "r1"]
    assert [read.summary.id for read in service.show(["r1"])] == ["r1"]
    assert service.plan_replay(service.select(ALL), OPTIONS).would_send == 2
    exported, discarded, imported = ExportResult(), DiscardResult(tmp_path / "y"), ImportResult()
    service.export(service.select(ALL), tmp_path / "x", exported)
    service.discard(service.select(ALL), discarded, lambda: 2)
    assert (exported.dead_letters, discarded.has_begun, queues.dead_letters.depth()) == (2, True, Depth(0, 0))
    assert service.plan_import(tmp_path / "x").imported == 2
    service.import_(tmp_path / "x", imported)
    edited, replayed = EditResult(service.select(ALL)), ReplayResult()
    service.edit(EditRequest("r0", loan(3), tmp_path / "z"), edited)
    service.replay(service.select(ALL), OPTIONS, replayed)
    assert (imported.imported, edited.replay.sent, replayed.sent, len(arrived(queues))) == (2, 1, 1, 2)
    assert [line["command"] for line in audited(queues.aws) if line["message"] == "began"] == [
        *("discard", "import", "edit", "replay")
    ]
    assert capsys.readouterr() == ("", "")


def test_a_wrong_count_discards_nothing(service: DeadLetterService, queues: Queues, tmp_path: Path) -> None:
    """The caller is asked under the lock, after the export, which is removed then."""
    result = DiscardResult(tmp_path / "x")
    with pytest.raises(RejectedError, match="The confirmed number is 1"):
        service.discard(service.select(ALL), result, lambda: (tmp_path / "x").exists() + 0)
    assert (result.is_exported, result.is_file_removed, result.has_begun) == (True, True, False)
    assert (list(tmp_path.iterdir()), queues.dead_letters.depth()) == ([], Depth(2, 0))


def test_a_result_is_valid_after_a_failure(service: DeadLetterService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller can show the changes before the failure."""

    def fail(*_: object) -> dict[int, str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch")

    monkeypatch.setattr(SourceQueue, "send", fail)
    result = ReplayResult()
    with pytest.raises(ClientError):
        service.replay(service.select(ALL), OPTIONS, result)
    assert (result.has_begun, result.send_failed, result.sent, result.is_whole) == (True, 2, 0, False)
