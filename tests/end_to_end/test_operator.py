"""Operator commands on the emulator: dead letters are listed, explained and replayed."""

import json
import os
import pty
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.end_to_end.running import CHECKOUT, ROOT, Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import seen_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # a whole repair, with each command an operator uses

INVALID = b'{"action": "LOAN", "patron": "nobody", '


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, so that there are no other dead letters."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as started, watched(started) as stack:
        yield stack


def operate(stack: Stack, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return the JSON output of a command."""
    completed = run(*arguments, "--endpoint-url", stack.facts["endpoint_url"], "--output", "json")
    assert completed.returncode == code, completed.stderr
    data: dict[str, Any] = json.loads(completed.stdout)
    return data


def listed_in(stack: Stack) -> dict[str, Any]:
    """Return the cause of each listed dead letter by receipt id."""
    return {each["id"]: each["cause"] for each in operate(stack, "dead-letters", "list")["dead_letters"]}


def test_f40_a_fixed_target_gets_its_event_once_and_an_invalid_body_stays(broken: Stack) -> None:
    """List, show, explain and trace show the causes, and a replay delivers each deliverable event once."""
    aws, topic = broken.aws, broken.facts["topics"]["loan-created"]
    aws.sns.delete_topic(TopicArn=topic)
    invalid, good = broken.accepted(INVALID), broken.accepted(fresh(body_of("loan-created")))
    assert {broken.outcome(receipt_id)["outcome"] for receipt_id in (invalid, good)} == {"dead"}

    listed = listed_in(broken)
    assert (listed[invalid]["class"], listed[good]["class"]) == ("not-parsed", "refused")
    groups = operate(broken, "dead-letters", "list", "--group-by", "cause")["groups"]
    assert {(group["class"], group["target"], group["count"]) for group in groups} == {
        ("not-parsed", None, 1),
        ("refused", "topic:loan-created", 1),
    }
    [shown] = operate(broken, "dead-letters", "show", invalid)["dead_letters"]
    assert shown["cause"]["reason"] == listed[invalid]["reason"]
    assert "nobody" not in json.dumps(shown)
    explained = {
        dead_letter["id"]: dead_letter
        for dead_letter in operate(broken, "dead-letters", "explain", invalid, good, code=1)["dead_letters"]
    }
    assert explained[invalid]["failure"]["class"] == "not-parsed"
    assert (explained[good]["deliveries"], explained[good]["failure"]["target"]) == ([], "topic:loan-created")
    assert explained[good]["failure"]["reason"] == f"the topic {topic} is not there"
    lines = operate(broken, "trace", good)["lines"]
    assert [line["line"]["message"] for line in lines] == ["accepted", "outcome"]

    aws.sns.create_topic(Name=topic.rpartition(":")[2])
    with subscribed(aws, {"loan-created": topic}, Interrupts()) as fixed:
        operate(broken, "dead-letters", "replay", good)  # a dry run
        assert set(listed_in(broken)) == {invalid, good}
        del broken.log.outcomes[good]
        result = operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")
        assert (result["sent"], result["deleted"]) == (1, 1)
        assert broken.outcome(good)["outcome"] == "delivered"
        assert eventually(lambda: seen_at(fixed, "loan-created", good)) == 1
        assert operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")["sent"] == 0
        assert seen_at(fixed, "loan-created", good) == 1
    assert list(listed_in(broken)) == [invalid]


class Watch:
    """`alma-webhooks watch` in a process, and the events that it has printed."""

    def __init__(self, endpoint_url: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [*CHECKOUT, "watch", "--since=10m", "--output=json", "--endpoint-url", endpoint_url],
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self._lines.extend(iter(self.process.stdout.readline, ""))

    def outcomes(self, receipt_id: str, count: int) -> list[dict[str, Any]]:
        """Wait for this number of lines about an event, and return them."""

        def look() -> list[dict[str, Any]] | None:
            found = [event for line in list(self._lines) if (event := json.loads(line))["receipt_id"] == receipt_id]
            return found if len(found) >= count else None

        return eventually(look)

    def end(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        self._reader.join()
        if self.process.stdout:
            self.process.stdout.close()
        return code


@pytest.fixture
def watch(broken: Stack) -> Iterator[Watch]:
    """Watch the stack; the command ends with the exit code of Ctrl-C."""
    watch = Watch(broken.facts["endpoint_url"])
    yield watch
    assert watch.end() == 130


def test_an_event_is_followed_from_its_sending_to_its_replay(broken: Stack, watch: Watch) -> None:
    """Watch, send --wait, replay --wait and trace --follow report each outcome."""
    aws, topic = broken.aws, broken.facts["topics"]["loan-returned"]
    url, emulator = broken.facts["webhook_url"], broken.facts["endpoint_url"]
    sent = broken.signing("send", "loan-renewed", url, "--fresh", "--set=item_loan.loan_id=5", "--wait")
    assert sent.returncode == 0, sent.stderr
    assert "\ndelivered to loan-renewed in " in sent.stdout
    [event] = watch.outcomes(sent.stdout.split()[3], 1)
    assert (event["event"], event["routes"], event["targets"]) == ("LOAN_RENEWED", ["loans"], ["topic:loan-renewed"])

    aws.sns.delete_topic(TopicArn=topic)
    sent = broken.signing("send", "loan-returned", url, "--fresh", "--wait", "--output=json")
    data = json.loads(sent.stdout)
    receipt_id = data["receipt_id"]
    assert (sent.returncode, data["outcome"], data["reason"]) == (1, "dead", "refused: AWS returned NotFound")
    assert f"alma-webhooks dead-letters explain {receipt_id} --stage dev --endpoint-url {emulator}" in sent.stderr

    aws.sns.create_topic(Name=topic.rpartition(":")[2])
    replayed = run("dead-letters", "replay", receipt_id, "--yes", "--wait", "--endpoint-url", emulator)
    assert replayed.returncode == 0, replayed.stderr
    lines = replayed.stdout.splitlines()
    assert lines[0] == "1 replayed: 1 delivered"
    assert lines[1].startswith(f"{receipt_id}  delivered to loan-returned in ")
    assert [each["outcome"] for each in watch.outcomes(receipt_id, 2)] == ["dead", "delivered"]
    lines = run("trace", receipt_id, "--follow", "--endpoint-url", emulator).stdout.splitlines()
    logs = [line.split()[1] for line in lines if line[0] != " "]
    assert sorted(logs) == ["audit", "ingest", "processor", "processor"]


def read_until(terminal: int, text: str) -> None:
    """Read what a program shows on its terminal until there is this text."""
    shown = ""

    def look() -> bool:
        nonlocal shown
        if select.select([terminal], [], [], 0)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
        return text in shown

    eventually(look)


def test_keys_show_and_quit_on_a_terminal(broken: Stack) -> None:
    """The list shows the event, s shows its log lines, and q ends the command with exit code 0."""
    receipt_id = broken.accepted(fresh(body_of("user-created")))
    assert broken.outcome(receipt_id)["outcome"] == "delivered"
    user, terminal = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
        [*CHECKOUT, "watch", "--since=10m", "--endpoint-url", broken.facts["endpoint_url"]],
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    try:
        read_until(user, receipt_id)  # of the selected event, the newest one
        os.write(user, b"s")
        read_until(user, "press any key")
        os.write(user, b"x")
        read_until(user, "q quit")
        os.write(user, b"q")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(user)
        os.close(terminal)
