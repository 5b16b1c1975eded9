"""The work floor does what ingest does, and nothing that ingest need not do."""

import base64
import json
import subprocess
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from benchmarks.answers import Answers
from benchmarks.bench_events import BODY_SIZES, gateway_event, sized_body
from benchmarks.rows import FLOOR, INGEST, Bench, rows

# With clocks and random numbers that stand still, two handlers with the same work leave the same traces.
HANDLE = """
import json, os, sys, time
os.urandom = bytes
time.time, time.monotonic = lambda: 1778640071.5, lambda: 7.0
from {} import {} as handler
print(json.dumps(handler(json.loads(sys.stdin.read()), None)))
"""

BODIES = {
    **{name: sized_body(size) for name, size in BODY_SIZES.items()},
    "white space, and a character that SQS replaces": '{"action": "LOAN",\r\n\t"note": "\ufffe"}',
    "characters that JSON escapes": '{"action":\t"JOB_END", "note": "a\\\\b\\"c"}\r\n',
    "no action": "{}",
}


class Traces(NamedTuple):
    """What a handler leaves: its requests (headers and body), the lines of its log, and its response."""

    requests: list[tuple[Mapping[str, str], bytes]]
    lines: list[str]
    response: str


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Mapping[str, str], bytes]]:
    """The requests that the stub receives."""
    requests: list[tuple[Mapping[str, str], bytes]] = []
    answer = Answers.answer

    def recording(self: Answers, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        requests.append((headers, body))
        return answer(self, path, headers, body)

    monkeypatch.setattr(Answers, "answer", recording)
    return requests


def traces(bench: Bench, name: str, event: Any, received: list[tuple[Mapping[str, str], bytes]]) -> Traces:
    [row] = [row for row in rows(bench, []) if row.name == name]
    received.clear()
    done = subprocess.run(  # noqa: S603 - the project's own interpreter and code
        bench.command(row.folders, HANDLE.format(*row.target.split(":"))),
        env=bench.environment(),
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, response = done.stdout.splitlines()
    return Traces([*received], lines, response)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("is_base64", [False, True], ids=["text", "base64"])
def test_the_floor_does_what_ingest_does(
    bench: Bench, received: list[tuple[Mapping[str, str], bytes]], body: str, *, is_base64: bool
) -> None:
    """Both requests with their signatures, the log, the metric and the response are the same bytes."""
    event = gateway_event(body)
    if is_base64:
        event |= {"body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}
    floor, ingest = (traces(bench, name, event, received) for name in (FLOOR, INGEST))
    assert floor == ingest
    [(headers, message)] = floor.requests[1:]
    assert headers["x-amz-target"] == "AmazonSQS.SendMessage"
    assert b"MessageBody" in message
    assert json.loads(floor.response)["statusCode"] == 200
