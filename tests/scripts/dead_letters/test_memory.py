"""Memory of the commands that read dead letters is bounded by the size of bodies; an unreadable one hides no other."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from processor.alma.events import Event, parse
from processor.alma.json_body import NotJson
from scripts.dead_letters import content, reader
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.fuzz.measured import nested, peak_of, repeated
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues, loan

pytestmark = pytest.mark.full  # measures the memory of large inputs

Command = Callable[..., Result]

ROUTES = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: all, fallback: true, deliver: [{topic: other}]}
"""

# Includes what the in-process AWS needs for a body.
TIMES = 64
SIZE = 40_000

# The maximum that an event may have of what is costly to read: namespaces, values, levels, and binary bytes.
COSTLY = {
    "xml": f'<r><action>X</action><x xmlns="{"u" * SIZE}">{repeated("<a%d/>", SIZE)}</x></r>'.encode(),
    "json": f'{{"action":"X","x":[{repeated("[],", SIZE)}{{}}]}}'.encode(),
    "levels": f'{{"action":"X","x":[{repeated(nested("[0,", "]", "0") + ",", SIZE)}0]}}'.encode(),
    "bytes": bytes(range(256)) * (SIZE // 256),
}
TOTAL = sum(map(len, COSTLY.values()))


@pytest.fixture
def command(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run `alma-webhooks dead-letters …` in a new folder, on a stack with targets and routes."""
    scope = with_routes(with_targets(dead_letters.scope, ["other"]), ROUTES)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corrected.json").write_bytes(COSTLY["json"])
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", *arguments])


COMMANDS = {
    "list": ["list"],
    "list --where": ["list", "--where=action == 'X'", "--group-by=cause", "--output=json"],
    "show": ["show", *COSTLY],
    "show --show-body": ["show", *COSTLY, "--show-body"],
    "show for programs": ["show", *COSTLY, "--show-body", "--output=json"],
    "explain": ["explain", *COSTLY, "--output=json"],
    "export": ["export", "all.jsonl", "--all"],
    "import": ["import", "all.jsonl", "--yes"],
    "edit": ["edit", "xml", "--with=corrected.json", "--yes", "--export=x"],
    "replay": ["replay", "--all"],
    "replay --yes": ["replay", "--all", "--yes"],
    "discard": ["discard", "--all", f"--count={len(COSTLY)}", "--export=x"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_f54_memory_of_a_command_is_bounded_by_the_size_of_bodies(command: Command, queues: Queues, name: str) -> None:
    """The limit is relative to what the same command needs for small ones."""
    command(*COMMANDS[name])  # the first call also imports modules and fills caches, which are not measured
    Path("x").unlink(missing_ok=True)
    for receipt_id, body in COSTLY.items():
        queues.put(body, receipt_id=receipt_id)
    if name == "import":
        command("discard", "--all", f"--count={len(COSTLY)}", "--export=all.jsonl")
    results: list[Result] = []
    peak = peak_of(lambda: results.append(command(*COMMANDS[name])))
    assert results[0].exit_code in {0, 1}, results[0].output[-300:]
    assert isinstance(results[0].exception, SystemExit | None), results[0].exception
    if peak > TIMES * TOTAL:
        pytest.fail(f"{peak:,} bytes for {TOTAL:,}: {peak / TOTAL:.0f} times as many")


@pytest.fixture
def unreadable(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a dead letter that exceeds any memory between two readable ones, and return its ID."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")

    def read(body: bytes) -> Event:
        if body == loan(1):
            raise MemoryError
        return parse(body)

    monkeypatch.setattr(reader, "parse", read)
    monkeypatch.setattr(content, "json_body", SimpleNamespace(NotJson=NotJson, read=lambda _: _fail()))
    return "r1"


def _fail() -> Any:
    raise MemoryError


def test_f54_a_dead_letter_that_cannot_be_read_hides_no_other(command: Command, unreadable: str) -> None:
    """It is listed without its event, shown without its members, and the problem is named."""
    dead_letters = json.loads(command("list", "--output=json").stdout)["dead_letters"]
    assert {dead_letter["id"]: dead_letter["action"] for dead_letter in dead_letters} == {
        "r0": "LOAN",
        "r1": None,
        "r2": "LOAN",
    }
    shown = command("show", unreadable)
    assert (shown.exit_code, "has not enough free memory" in shown.stdout) == (0, True)
    assert command("list", "--action=LOAN").stdout.splitlines()[-1] == "2 dead letters"


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
@pytest.mark.parametrize("how", [["discard", "--count=1", "--export=x"], ["replay", "--yes"], ["export", "x"]])
def test_f54_a_dead_letter_is_selected_by_its_id_without_being_parsed(
    command: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch, how: list[str], error: type[Exception]
) -> None:
    """To discard, replay or export it, no dead letter is parsed."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    parsed: list[bytes] = []

    def fail(body: bytes) -> Event:
        parsed.append(body)
        raise error

    monkeypatch.setattr(reader, "parse", fail)
    name, *flags = how
    result = command(name, *flags[:1], "r1", *flags[1:])
    assert (result.exit_code, parsed) == (0, [])
    assert re.search(r"\b1 (replayed|dead letter discarded|dead letter exported|imported)\b", result.output)
    assert queues.dead_letters.depth() == Depth(3 if name == "export" else 2, 0)


def test_f54_a_selection_by_cause_parses_nothing(
    command: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a filter on the event needs the body."""
    queues.put(receipt_id="r1")
    parsed: list[bytes] = []
    monkeypatch.setattr(reader, "parse", lambda body: parsed.append(body) or parse(body))  # type: ignore[func-returns-value] # that it returns None is why the body is parsed
    assert command("replay", "--cause=transient", "--yes").exit_code == 0
    assert parsed == []


def test_f54_a_filter_on_the_event_leaves_out_what_cannot_be_read(command: Command, unreadable: str) -> None:
    """It counts as one on which the filter could not be evaluated."""
    assert unreadable
    result = command("replay", "--where=action == 'LOAN'", "--yes", "--output=json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert (data["sent"], data["unjudged"]) == (2, 1)
