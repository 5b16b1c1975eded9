"""Test the check of keys that only FIFO targets, or only others, can have."""

import pytest

from processor.routing.fifo import NO_DELAY
from tests.scripts.routes.test_check import found

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
ONLY_FIFO = "this key is for FIFO queues and topics only (their ARNs end with .fifo); remove it"


def problems(entry: str) -> list[str]:
    return found(f"  - {{name: a, when: {{action: [LOAN, BIB]}}, deliver: [{{topic: other}}, {{{entry}}}]}}")


@pytest.mark.parametrize("key", ["message_group_id", "message_deduplication_id"])
@pytest.mark.parametrize(
    "target",
    [f"queue: '{QUEUE}'", f"topic: '{TOPIC}'", "topic: other, name: again", f"queue: '{QUEUE}{{{{ action }}}}'"],
)
def test_a_standard_target_has_no_ids(target: str, key: str) -> None:
    """The problem names the key; a template counts if none of the names that it can render is FIFO."""
    assert problems(f"{target}, {key}: '{{{{ action }}}}'") == [f"line 3, route a, deliver[1].{key}: {ONLY_FIFO}"]


def test_each_key_is_a_problem_of_its_own() -> None:
    """All are reported in one run, with those of targets, by line."""
    ids = f"queue: '{QUEUE}', message_group_id: a, message_deduplication_id: b"
    reported = found(f"  - {{name: a, deliver: [{{{ids}}}]}}\n  - {{name: b, deliver: [{{topic: nosuch}}, {{{ids}}}]}}")
    assert [problem.split(", route")[0] for problem in reported] == ["line 3"] * 2 + ["line 4"] * 3


@pytest.mark.parametrize(
    "target",
    [
        f"queue: '{QUEUE}.fifo'",
        f"topic: '{TOPIC}.fifo'",
        f"queue: '{QUEUE}{{{{ item_loan.library.value }}}}'",
        f"queue: '{QUEUE}{{% if action == \"BIB\" %}}.fifo{{% endif %}}'",
    ],
)
def test_a_fifo_target_and_one_that_may_be_fifo_have_ids(target: str) -> None:
    """What depends on the event is decided when it is delivered."""
    assert problems(f"{target}, message_group_id: '{{{{ action }}}}', message_deduplication_id: '{{{{ id }}}}'") == []


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        (QUEUE, []),
        (f"{QUEUE}{{{{ item_loan.library.value }}}}", []),
        (f"{QUEUE}.fifo", [f"line 3, route a, deliver[1].delay: {NO_DELAY}"]),
        (
            f'{QUEUE}{{% if action == "BIB" %}}.fifo{{% endif %}}',
            [f"line 3, route a, deliver[1].delay: {NO_DELAY}"],
        ),
    ],
)
def test_a_fifo_queue_has_no_delay(queue: str, expected: list[str]) -> None:
    """One name that is FIFO is enough, because its events would become dead letters."""
    assert problems(f"queue: '{queue}', delay: 10m") == expected


@pytest.mark.parametrize("delay", ["0s", "30s", "900s", "0m", "15m"])
def test_a_delay_has_at_most_15_minutes(delay: str) -> None:
    """Seconds and minutes are accepted."""
    assert problems(f"queue: '{QUEUE}', delay: {delay}") == []


@pytest.mark.parametrize(
    "delay", ["901s", "16m", "1h", "30", "010s", "'{{ action }}'", "''", "1m30s", "-1s", "'5m\\n'"]
)
def test_any_other_delay_is_a_problem(delay: str) -> None:
    """Also a template, and text that AWS would not accept."""
    [problem] = problems(f"queue: '{QUEUE}', delay: {delay}")
    assert problem.startswith("line 3, route a, deliver[1].delay: expected ")


@pytest.mark.parametrize(
    "entry",
    ["topic: other, name: b, delay: 1m", "function: 'arn:aws:lambda:us-east-1:123456789012:function:f', delay: 1m"],
)
def test_only_queues_have_a_delay(entry: str) -> None:
    """SNS and the other targets have none."""
    assert problems(entry) == ["line 3, route a, deliver[1].delay: unknown key 'delay'"]


@pytest.mark.parametrize("key", ["message_group_id", "message_deduplication_id"])
def test_an_empty_id_is_a_problem(key: str) -> None:
    """It would fail every event."""
    [problem] = problems(f"queue: '{QUEUE}.fifo', {key}: ''")
    assert f"deliver[1].{key}: expected text that is not empty" in problem
