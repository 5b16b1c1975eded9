"""The output of the commands for dead letters fits a terminal of 80 columns."""

from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from scripts.cli import output
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan

COMMANDS = (
    "list",
    "list --group-by=cause",
    "list --where=item_lone.x=='y'",
    "show ID1 ID2 ID3 missing-0123456789abcdef0123456789abcdef",
    "show ID1 --show-body",
    "explain ID1 ID2 ID3 missing-0123456789abcdef0123456789abcdef",
    "replay --all --redeliver",
    "replay --all --yes",
    "edit ID1 --with=corrected.json",
    "edit ID1 --with=corrected.json --yes",
    "export x.jsonl ID1 ID2 ID3 missing-1 missing-2 missing-3 missing-4 missing-5",
    "discard --all --count=1",
    "discard --all --count=4",
    "import broken.jsonl",
    "import broken.jsonl --yes",
)


def too_wide(text: str) -> list[str]:
    """Return the lines that are wider than 80 columns, except for single words, which stay whole to be copied."""
    return [line for line in text.splitlines() if cell_len(line) > 80 and " " in line.strip().removesuffix(" \\")]


def put_all(queues: Queues) -> None:
    """Put dead letters with long names, and of each kind that the output has a line for."""
    cause = CAUSE | {"reason": "a reason with many words " * 9, "route": "a-route-" * 6, "target": "topic:" + "t" * 60}
    queues.put(loan(1), receipt_id="1" * 32, failure=cause, replay={"count": 2, "by": "arn:aws:iam::1:user/operator"})
    queues.put(loan(2, "LOAN_DUE_DATE"), receipt_id="2" * 32, failure=cause | {"class": "template"})
    queues.put(b"no event " * 30, receipt_id="3" * 32, failure=None)
    queues.put(loan(4), receipt_id="4" * 32, failure=cause, replay={"count": 3})


@pytest.mark.parametrize("command", COMMANDS)
def test_output_fits_80_columns(
    command: str, dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tables leave out columns, text is wrapped at words; results, notices and lists alike."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created"]))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr(output, "width_of", lambda _: 80)
    monkeypatch.setattr("scripts.dead_letters.commands.read.width_of", lambda _: 80)
    monkeypatch.chdir(tmp_path)
    Path("corrected.json").write_bytes(loan(5))
    Path("broken.jsonl").write_text("{}\n" * 30 + '{"format": "alma-webhooks-dead-letter"}\n')
    put_all(queues)
    ids = {f"ID{number}": f"{number}" * 32 for number in (1, 2, 3)}
    result = CliRunner().invoke(app, ["dead-letters", *(ids.get(word, word) for word in command.split())])
    assert result.output
    assert too_wide(result.output) == []
