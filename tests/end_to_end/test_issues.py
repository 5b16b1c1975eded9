"""Issues on the emulator: one is acknowledged, recurs, is open again and is resolved."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a stack without dead letters of other tests."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def die(stack: Stack, body: bytes) -> str:
    """Post a body that cannot be parsed, wait until its event is dead, and return its receipt ID."""
    receipt_id = stack.accepted(body)
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    return receipt_id


def issues(stack: Stack, *arguments: str) -> dict[str, Any]:
    """Return the JSON output of `alma-webhooks issues …`."""
    completed = stack.command("issues", *arguments, "--output=json")
    assert completed.stdout, completed.stderr
    return dict(json.loads(completed.stdout))


def seen(stack: Stack, state: str, count: int) -> dict[str, Any]:
    """Wait until the only issue has this state and number of dead letters."""

    def look() -> dict[str, Any] | None:
        found = issues(stack, "list", "--state=all")["issues"]
        return next((each for each in found if (each["state"], each["count"]) == (state, count)), None)

    return eventually(look, seconds=60)


def test_an_issue_that_recurs_is_open_again(own: Stack) -> None:
    """Its state and note are kept by the stack, and a later dead letter reopens it."""
    receipt_id = die(own, b"[1]")
    found = seen(own, "open", 1)
    assert (found["cause"]["class"], found["example"]) == ("not-parsed", receipt_id)
    key = found["key"]
    assert issues(own, "acknowledge", key, "--note=asked IT")["state"] == "acknowledged"
    assert seen(own, "acknowledged", 1)["note"] == "asked IT"
    die(own, b"[2]")
    again = seen(own, "open", 2)
    assert (again["reopened"], again["recurred"], again["key"]) == (True, 1, key)
    assert issues(own, "resolve", key)["state"] == "resolved"
    assert issues(own, "show", key)["state"] == "resolved"
    assert issues(own, "reopen", key)["state"] == "open"
