"""The commands `run` and `send` on the emulator: their output, their exit codes, and what they leave behind."""

import http.client
import os
import pty
import re
import signal
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.aws.clients import Aws
from tests.end_to_end.projects import ProjectFolder
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
        "project",
        "console_url",
    }
    assert facts["webhook_url"].startswith(facts["endpoint_url"] + "/_aws/execute-api/")
    assert facts["webhook_url"].endswith("/webhooks/alma")
    assert set(facts["state_machines"]) == {"pod", "timdex", "bursar"}
    assert facts["topics"]["other"].endswith(":alma-webhooks-dev-other")
    assert len(facts["secret"]) >= 32


def test_a_run_serves_the_console_to_nobody_without_a_session(running: Running) -> None:
    """Programs get its URL without the token, which nothing of the output has."""
    url = running.facts["console_url"]
    statuses = _opened([url + path for path in ("", "live", "static/console.css")])
    assert statuses == [HTTPStatus.UNAUTHORIZED] * 3
    assert not any("sign-in" in line for line in [*running.out, *running.err])


def test_a_sent_sample_is_delivered_and_shown(running: Running, stack: Stack) -> None:
    """`send` reads the secret from the emulator behind the URL, and the run shows the event when it arrives."""
    completed = run("send", "loan-returned", stack.facts["webhook_url"])
    assert completed.returncode == 0, completed.stderr
    assert completed.stderr.endswith(f"endpoint {stack.facts['endpoint_url']} (from the webhook URL)\n")
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
        expected = [(name, entry["expect"]) for name, entry in INDEX.items()]
        assert [tuple(line.split()[:5]) for line in table] == [
            (
                name,
                "xml" if name.endswith("-xml") else "json",
                expect["outcome"],
                expect.get("route", "-"),
                expect.get("target", "-").removeprefix("topic:"),
            )
            for name, expect in expected
        ]
        assert f'"secret": "{stack.facts["secret"]}"' in completed.stdout
    assert sqs.list_queues()["QueueUrls"] == queues
    assert running.process.poll() is None


@pytest.mark.usefixtures("running")
def test_what_a_terminal_shows_to_try_can_be_pasted(stack: Stack) -> None:
    """A terminal gets no ready line, but the way into the console and three commands, which a shell runs."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    words = ["alma-webhooks", "run", "--no-samples", f"--endpoint-url={stack.facts['endpoint_url']}"]
    shown, other_end = pty.openpty()
    with subprocess.Popen(  # noqa: S603 -- our own command; a process, because it serves until it is stopped
        words, env=environment, stdout=other_end, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(other_end)
        assert process.stderr
        assert any("serving" in line for line in process.stderr)  # everything to try is printed before
        text = os.read(shown, 10_000).decode().replace("\r\n", "\n")
        assert _opened(re.findall(r"http://127\.0\.0\.1:\d+/sign-in\?token=\S+", text)) == [HTTPStatus.OK]
        process.send_signal(signal.SIGINT)
    os.close(shown)
    assert "ready" not in text
    assert f"Webhook URL:\n  '{stack.facts['webhook_url']}'\n" in text
    assert max(map(len, text.splitlines())) <= 80
    pasted = text.partition("Try in another terminal:\n")[2]
    done = subprocess.run(["bash", "-ec", pasted], env=environment, capture_output=True, text=True, check=False)  # noqa: S603, S607 -- our own commands
    assert done.returncode == 0, done.stderr
    assert re.search(r"^200  receipt id [0-9a-f]{32}", done.stdout)
    assert "deliver  topic:loan-created by route loans" in done.stdout
    assert "dead letter" in done.stdout


def _opened(urls: list[str]) -> list[int]:
    """Return the status of each address of the console."""
    statuses = []
    for url in map(urlsplit, urls):
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
        connection.request("GET", f"{url.path}?{url.query}")
        statuses.append(connection.getresponse().status)
        connection.close()
    return statuses


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
    project = ProjectFolder.create(tmp_path / "project")
    project.topics = [*project.topics, "a-b", "ab"]
    with Running(tmp_path, "--port", "0", f"--project={project.path}") as started:
        assert started.wait() == 2
        path = project.routes_path
        assert started.err[-2].startswith(f"{path}: line ")
        assert started.err[-2].endswith(": ab and a-b differ only by hyphens\n")
        assert started.err[-1] == f"alma-webhooks: {path} has 1 problem. Nothing was changed.\n"
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
