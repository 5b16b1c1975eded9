"""A flood of unsigned requests against reserved concurrency of ingest: the processor continues, no event is lost.

The emulator enforces reserved concurrency that is set on the function, but not that of a template, which a test of the
parsed template covers. It answers 429 where the HTTP API of AWS answers 503.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scripts.alma_client.client import Reply
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

pytestmark = pytest.mark.full  # hundreds of requests at a limit

STRANGERS = 8
EVENTS = 12
THROTTLED = {429, 503}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, because reserved concurrency affects all tests."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def reserve(stack: Stack, environments: int) -> None:
    function = stack.facts["stack"] + "-ingest"
    stack.aws.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=environments)


def test_f62_a_flood_reaches_the_limit_of_ingest_and_every_event_is_delivered(stack: Stack) -> None:
    """Every event is accepted after retries and delivered at once, while strangers occupy the only environment."""
    reserve(stack, 0)
    assert stack.send(b"{}", signed="stranger").status in THROTTLED  # the emulator enforces it
    reserve(stack, 1)
    over = threading.Event()

    def flood(_: int) -> set[int]:
        statuses: set[int] = set()
        while not over.is_set():
            statuses.add(stack.send(b"{}", signed="stranger").status)
        return statuses

    def accepted(body: bytes) -> Reply:
        return eventually(lambda: reply if (reply := stack.send(body)).status == 200 else None)

    with ThreadPoolExecutor(STRANGERS) as strangers:
        flooding = [strangers.submit(flood, number) for number in range(STRANGERS)]
        try:
            replies = [accepted(fresh(body_of("loan-created"))) for _ in range(EVENTS)]
            lines = [stack.outcome(reply.receipt_id or "") for reply in replies]
        finally:
            over.set()
    assert set().union(*(each.result() for each in flooding)) <= {401, *THROTTLED}
    assert [(line["outcome"], line["receives"]) for line in lines] == [("delivered", 1)] * EVENTS
