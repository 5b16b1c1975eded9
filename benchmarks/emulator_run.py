"""Run the pipeline on the emulator for a part of the benchmark, and put events or dead letters on its queues."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Final

from ingest.envelope import Envelope
from ingest.sqs_text import typed
from scripts.aws.clients import Aws
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

ROOT: Final = Path(__file__).parents[1]
"""The folder of the checkout."""

PROGRAM: Final = "from scripts.main import main; main()"  # the command `alma-webhooks`
END_SECONDS: Final = 60.0
_BATCH: Final = 10
_BODY_BYTES: Final = 1_000
_EVENTS: Final = ("LOAN_CREATED", "LOAN_RETURNED", "LOAN_RENEWED")
_CAUSES: Final = (
    {"class": "transient", "reason": "AWS returned NotFound", "route": "loans", "target": "topic:loan-created"},
    {"class": "refused", "reason": "AWS returned AccessDenied", "route": "loans", "target": "topic:loan-returned"},
    {"class": "template", "reason": "a value is missing", "route": "loans", "field": "message"},
)


@contextmanager
def emulator_run(folder: Path, interrupts: Interrupts) -> Iterator[dict[str, Any]]:
    """Start `alma-webhooks run`, yield the facts of its ready line, and end it. Raise FailedError if it does not start.

    It has its own session, so that Ctrl-C reaches only the benchmark, which ends it.
    """
    with interrupts.deferred():  # otherwise the process might be started but not ended
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", PROGRAM, "run", "--port", "0", "--no-samples"],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    reader = Thread(target=_discard, args=(process,), daemon=True)
    try:
        facts = _facts(process)
        reader.start()  # a full pipe would stop the pipeline
        yield facts | {"pid": process.pid}
    finally:
        with interrupts.deferred():
            process.send_signal(signal.SIGINT)
            process.wait(END_SECONDS)
            if reader.ident:
                reader.join()
            if process.stdout:
                process.stdout.close()


def _facts(process: "subprocess.Popen[str]") -> dict[str, Any]:
    for line in process.stdout or ():
        if line.startswith("ready "):
            facts: dict[str, Any] = json.loads(line.removeprefix("ready "))
            return facts
    raise FailedError("The pipeline did not start on the emulator: try `alma-webhooks run`.")


def _discard(process: "subprocess.Popen[str]") -> None:
    """Read the lines about events, which nobody needs."""
    for _ in process.stdout or ():
        pass


def put_dead_letters(facts: dict[str, Any], count: int) -> list[str]:
    """Put invented dead letters with three causes on the queue, and return their receipt ids."""
    aws = Aws.local(facts["endpoint_url"], facts["region"])
    for begin in range(0, count, _BATCH):
        entries: Any = [_entry(number) for number in range(begin, min(begin + _BATCH, count))]
        aws.sqs.send_message_batch(QueueUrl=facts["dead_letter_queue_url"], Entries=entries)
    return [f"{number:032x}" for number in range(count)]


def backlog(aws: Aws, facts: dict[str, Any]) -> int:
    """Return the number of messages on the webhook queue, those in flight included."""
    return queue_count(aws.sqs, facts["queue_url"])


def _entry(number: int) -> dict[str, Any]:
    receipt_id = f"{number:032x}"
    body = {"action": "LOAN", "event": {"value": _EVENTS[number % len(_EVENTS)]}, "id": receipt_id}
    padded = json.dumps(body | {"padding": "x" * _BODY_BYTES}).encode()
    received_at = f"2026-05-13T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
    failure = _CAUSES[number % len(_CAUSES)] | {"attempts": 8, "at": received_at}
    message = Envelope(padded, receipt_id, received_at, "alma", "application/json", failure=failure).encode()
    return {"Id": str(number), "MessageBody": message.body, "MessageAttributes": typed(message.attributes)}
