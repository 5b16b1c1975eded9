"""The emulator's workers, stood in for by processes of our own: found by session and variable, measured, killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scripts.local import workers

pytestmark = pytest.mark.skipif(not workers.can_be_seen(), reason="workers are seen by /proc, which only Linux has")


@pytest.fixture
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that leads a session of its own and says when it runs, with a worker's variable."""
    process = subprocess.Popen(
        [sys.executable, "-c", "print('runs', flush=True); input()"],
        env={"PATH": os.environ["PATH"], "DELIVERIES_TABLE": "table"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_a_worker_is_found_by_its_session_and_its_variable(worker: "subprocess.Popen[bytes]") -> None:
    """A process of another session, or of another function, is none of these."""
    assert workers.of(worker.pid, workers.PROCESSOR) == [worker.pid]
    assert workers.of(worker.pid, workers.INGEST) == []
    assert worker.pid not in workers.of(os.getpgrp(), workers.PROCESSOR)


def test_memory_is_that_of_the_whole_session(worker: "subprocess.Popen[bytes]") -> None:
    """An interpreter has some megabytes; a session that is not there has none."""
    assert workers.resident_bytes(worker.pid) > 1_000_000
    assert workers.resident_bytes(2**22 + 1) == 0


def test_a_worker_is_killed_at_once_and_only_once(worker: "subprocess.Popen[bytes]") -> None:
    """Without a chance to tidy up; what has ended already is no error."""
    assert workers.kill(worker.pid)
    assert worker.wait(10) == -signal.SIGKILL
    assert not workers.kill(worker.pid)
    assert workers.of(worker.pid, workers.PROCESSOR) == []
