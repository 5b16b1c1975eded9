"""The commands `run` and `send` on the emulator: what they print, how they end, what they leave."""

import signal
from pathlib import Path

import pytest

from scripts.aws.clients import Aws
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack
from tests.samples import INDEX, body_of
from tests.scripts.command import run


def test_ready_says_all_that_a_program_needs(running: Running) -> None:
    """One line, with these members and no others."""
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


def test_a_sent_sample_comes_out_and_is_shown(running: Running, stack: Stack) -> None:
    """`send` finds the secret in the emulator behind the URL, and the run shows the event as it comes."""
    done = run("send", "loan-returned", stack.facts["webhook_url"])
    assert (done.returncode, done.stderr) == (0, "")
    receipt_id = done.stdout.split()[3]
    [seen] = stack.sightings(receipt_id)
    assert (seen.topic, seen.body) == ("loan-returned", body_of("loan-returned"))
    shown = eventually(lambda: [line for line in list(running.out) if receipt_id in line])
    assert shown[0].split()[1:3] == ["LOAN_RETURNED", "delivered"]


def test_samples_go_through_an_emulator_that_runs_already(running: Running, stack: Stack) -> None:
    """Twice: the second round is no duplicate of the first. The emulator, its secret and the other queues stay."""
    url = stack.facts["endpoint_url"]
    sqs = Aws.local(url, stack.facts["region"]).sqs
    queues = sqs.list_queues()["QueueUrls"]
    for _ in range(2):
        done = run("run", "--once", f"--endpoint-url={url}")
        assert done.returncode == 0, done.stdout + done.stderr
        table = done.stdout.splitlines()[1 : 1 + len(INDEX)]
        expected = [entry["expect"] for entry in INDEX.values()]
        shown = [(line.split()[1], line.split()[2], line.split()[3]) for line in table]
        assert shown == [(e.get("route", "-"), e.get("target", "-"), e["outcome"]) for e in expected]
        assert f'"secret": "{stack.facts["secret"]}"' in done.stdout
    assert sqs.list_queues()["QueueUrls"] == queues
    assert running.process.poll() is None


@pytest.mark.parametrize(
    ("number", "progress"),
    [(signal.SIGINT, "starting the emulator"), (signal.SIGTERM, "up after"), (signal.SIGHUP, "sending one signed")],
    ids=["Ctrl-C as the emulator starts", "a stop as it is up", "a closed terminal among the samples"],
)
def test_an_interrupted_start_leaves_nothing(number: signal.Signals, progress: str, tmp_path: Path) -> None:
    """At whatever moment: no process, no file, exit 130 with a sentence."""
    with Running(tmp_path, "--port", "0", "--once") as started:
        started.said(progress)
        assert started.end(number) == 130, started.err
        assert started.workers() == []
        assert list(started.folder.iterdir()) == []
        assert started.err[-1] == "alma-webhooks: Stopped before the start was complete.\n"


def test_topics_whose_logical_ids_collide_are_rejected(tmp_path: Path) -> None:
    """Exit 2 with one sentence that names both, and nothing left."""
    with Running(tmp_path, "--port", "0", "--parameter=Topics=a-b,ab") as started:
        assert started.wait() == 2
        assert started.err[-1] == "alma-webhooks: Resources: 'a-b' and 'ab' both become Topicab. Rename one of them.\n"
        assert list(started.folder.iterdir()) == []


def test_an_emulator_that_dies_ends_the_run(tmp_path: Path) -> None:
    """The run does not go on showing nothing: exit 1 and the cause."""
    with Running(tmp_path, "--port", "0", "--no-samples") as started:
        assert started.facts
        started.said("serving")
        started.kill_emulator()
        assert started.wait() == 1
        assert "alma-webhooks: The emulator exited unexpectedly" in "".join(started.err)
        assert list(started.folder.iterdir()) == []
