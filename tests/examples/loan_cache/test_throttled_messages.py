"""Messages that wait because Alma takes no more requests: for how long, and that none of them becomes a dead letter."""

from dataclasses import replace
from typing import Any

import pytest
from loan_cache.queue_worker import SENT

from notifications.errors import Throttled
from notifications.sender_queue import SenderQueue
from processor.errors import Transient
from tests.examples.loan_cache.test_queue_worker import POLICY, Bench, failing

pytestmark = pytest.mark.usefixtures("aws")

HALF_A_DAY_SECONDS = 43_200


def throttled_bench(seconds: float | None) -> Bench:
    bench = Bench(failing(Throttled("no requests are left", seconds)))
    bench.worker = replace(bench.worker, send_again=SenderQueue(bench.sqs, bench.url).send_again)
    return bench


@pytest.mark.parametrize(
    ("seconds", "away"),
    [
        (0.2, 1),
        (1.5, 2),
        (3600, 3600),
        (86_400, HALF_A_DAY_SECONDS - POLICY.visibility_seconds - POLICY.function_seconds),
        (None, 60),
    ],
)
def test_a_throttled_message_waits_as_long_as_the_failure_says(seconds: float | None, away: int) -> None:
    """At most as long as SQS can hide it; it then waits once more."""
    bench = throttled_bench(seconds)
    with pytest.raises(Transient):
        bench.run("body")
    assert (bench.lines[0]["message"], bench.lines[0]["seconds_away"], bench.hidden()) == ("retry", away, 1)


def test_f96_a_throttled_message_is_sent_again_instead_of_its_last_receive() -> None:
    """As a new message with the same body and attributes, which SQS keeps for days again."""
    bench = throttled_bench(3600)
    bench.run("body", receives="3")
    assert bench.lines[0]["outcome"] == "sent-again"
    assert bench.dead_letters() == []
    names: Any = ["ApproximateNumberOfMessagesDelayed"]
    assert bench.sqs.get_queue_attributes(QueueUrl=bench.url, AttributeNames=names)["Attributes"][names[0]] == "1"


def test_a_message_that_cannot_be_sent_again_comes_back() -> None:
    """SQS itself moves it to the dead letters then: late, but not lost."""
    bench = throttled_bench(3600)
    records = bench.records("body", receives="3")
    bench.sqs.delete_queue(QueueUrl=bench.url)
    with pytest.raises(Transient, match="did not take a message"):
        bench.worker.process_all({"Records": records}, lambda: 25.0)


def test_the_work_knows_when_a_message_was_sent() -> None:
    """Beside its attributes."""
    bench = Bench(lambda _: {})
    seen: dict[str, str] = {}

    def work(_body: str, attributes: Any, _remaining_time: Any) -> dict[str, Any]:
        seen.update(attributes)
        return {"outcome": "applied"}

    bench.worker = replace(bench.worker, work=work)
    [record] = bench.records("body")
    record["attributes"][SENT] = "1780000000000"
    bench.worker.process_all({"Records": [record]}, lambda: 25.0)
    assert seen == {"receipt_id": "r-1", SENT: "1780000000000"}
