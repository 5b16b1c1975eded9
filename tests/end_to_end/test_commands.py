"""The commands `run` and `send` on the emulator: their output, their exit codes, and what they leave behind."""

import signal
from pathlib import Path

import pytest

from scripts.aws.clients import Aws
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack
from tests.samples import INDEX, body_of
from tests.scripts.command import run


def test_the_ready_line_has_all_facts(running: Running) -> None:
    """The ready line contains exactly these members."""
    facts = running.facts
    assert set(facts) == {
        "webhook_url",
        "endpoint_url",
        "region",
        "profile",
        "secret",
        "stack",
        "queue_url",
        "dead_letter_queue_url",
        "topics",
        "state_machines",
    }
    assert facts["webhook_url"].startswith(facts["endpoint_url"] + "/_aws/execute-api/")
    assert facts["webhook_url"].endswith("/webhooks/alma")
    assert set(facts["state_machines"]) == {"pod", "timdex", "bursar"}
    assert facts["topics"]["other"].endswith(":alma-webhooks-dev-other")
    assert len(facts["secret"]) >= 32


def test_a_sent_sample_is_delivered_and_shown(running: Running, stack: Stack) -> None:
    """`send` reads the secret from the emulator behind the URL, and the run shows the event when it arrives."""
    completed = run("send", "loan-returned", stack.facts["webhook_url"])
    assert (completed.returncode, completed.stderr) == (0, "")
    receipt_id = completed.stdout.split()[3]
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.body) == ("loan-returned", body_of("loan-returned"))
    shown = eventually(lambda: [line for line in list(running.out) if receipt_id in line])
    assert shown[0].split()[1:3] == ["LOAN_RETURNED", "delivered"]


def test_samples_can_be_sent_to_a_running_emulator(running: Running, stack: Stack) -> None:
    """`run --once` on a running emulator delivers all samples each time, and keeps its secret and its queues."""
    url = stack.facts["endpoint_url"]
    sqs = Aws.local(url, stack.facts["region"]).sqs
    queues = sqs.list_queues()["QueueUrls"]
    for _ in range(2):
        completed = run("run", "--once", f"--endpoint-url={url}")
        assert completed.returncode == 0, completed.stdout + completed.stderr
        table = completed.stdout.splitlines()[1 : 1 + len(INDEX)]
        expected = [entry["expect"] for entry in INDEX.values()]
        shown = [(line.split()[1], line.split()[2], line.split()[3]) for line in table]
        assert shown == [(e.get("route", "-"), e.get("target", "-"), e["outcome"]) for e in expected]
        assert f'"secret": "{stack.facts["secret"]}"' in completed.stdout
    assert sqs.list_queues()["QueueUrls"] == queues
    assert running.process.poll() is None


@pytest.mark.parametrize(
    ("number", "progress"),
    [(signal.SIGINT, "starting the emulator"), (signal.SIGTERM, "up after"), (signal.SIGHUP, "sending one signed")],
    ids=["Ctrl-C as the emulator starts", "a stop as it is up", "a closed terminal among the samples"],
)
def test_an_interrupted_start_leaves_nothing(number: signal.Signals, progress: str, tmp_path: Path) -> None:
    """An interrupted start leaves no process and no file, and exits with code 130 and a message."""
    with Running(tmp_path, "--port", "0", "--once") as started:
        started.said(progress)
        assert started.end(number) == 130, started.err
        assert started.workers() == []
        assert list(started.folder.iterdir()) == []
        assert started.err[-1] == "alma-webhooks: Stopped before the start was complete.\n"


def test_topics_whose_logical_ids_collide_are_rejected(tmp_path: Path) -> None:
    """Topic names that become the same logical id are rejected with exit code 2 and a message that names both."""
    with Running(tmp_path, "--port", "0", "--parameter=Topics=a-b,ab") as started:
        assert started.wait() == 2
        assert started.err[-1] == "alma-webhooks: Resources: 'a-b' and 'ab' both become Topicab. Rename one of them.\n"
        assert list(started.folder.iterdir()) == []


def test_an_emulator_that_dies_ends_the_run(tmp_path: Path) -> None:
    """A run exits with code 1 and the cause if the emulator dies."""
    with Running(tmp_path, "--port", "0", "--no-samples") as started:
        assert started.facts
        started.said("serving")
        started.kill_emulator()
        assert started.wait() == 1
        assert "alma-webhooks: The emulator exited unexpectedly" in "".join(started.err)
        assert list(started.folder.iterdir()) == []
