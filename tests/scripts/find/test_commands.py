"""The command `find`: where the text comes from, its output and exit codes; AWS is in process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.main import app
from tests.scripts.executions.steps import machine
from tests.scripts.find.places import Places
from tests.scripts.stack_logs import INGEST

Command = Callable[..., Result]


@pytest.fixture
def find(places: Places, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks find …` with this standard input."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: places.scope)

    def run(*arguments: str, given: bytes = b"") -> Result:
        return CliRunner().invoke(app, ["find", *arguments], input=given)

    return run


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout[result.stdout.index("{") :]))  # after the echo of what was typed


@pytest.mark.parametrize(("arguments", "given"), [(["r1"], b""), (["-"], b"r1\n"), ([], b"r\xe2\x80\x8b1\n")])
def test_the_text_is_an_argument_or_standard_input(
    find: Command, places: Places, arguments: list[str], given: bytes
) -> None:
    """An argument is visible to other users of the computer. What was cleaned is a notice."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    result = find(*arguments, "--since=1h", given=given)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "1 found: 1 in log of ingest"
    assert ("invisible character was removed." in result.stderr) == (b"\xe2" in given)


def test_the_text_is_asked_for_on_a_terminal(find: Command, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt is on standard error, so that the output can be piped."""
    monkeypatch.setattr("scripts.find.commands.can_ask", lambda: True)
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    result = find("--output=json", given=b"r1\n")
    assert [match["id"] for match in data_of(result)["matches"]] == ["r1"]
    assert result.stderr.startswith("Text to find:")


def test_nothing_found_is_exit_1(find: Command) -> None:
    """JSON is printed all the same; the text is nowhere in the output."""
    result = find("nobody-knows", "--output=json")
    assert ended(result, FailedError) == "Nothing found since 14d in 7 sources."
    assert (data_of(result)["matches"], "nobody-knows" in result.output) == ([], False)


def test_a_source_that_failed_is_exit_1(find: Command, places: Places) -> None:
    """What was found is shown, and the problem is a notice."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    places.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    result = find("r1")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "at least 1 found: 1 in log of ingest")
    assert "you need states:ListExecutions" in result.stderr


def test_an_unusable_text_is_exit_2(find: Command) -> None:
    """AWS is not asked for anything."""
    assert ended(find("-", given=b"\xff"), ConfigurationError) == "Standard input cannot be read: it is not UTF-8."
    assert ended(find(given=b"\n"), ConfigurationError) == "The text to find is empty."
    assert ended(find("r1", "--since=yesterday"), ConfigurationError).startswith("--since takes a time ago")
