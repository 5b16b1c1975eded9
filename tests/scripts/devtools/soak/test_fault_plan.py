"""The plan of faults: equal for an equal seed, made of calls that will be made, and over before the end."""

from collections import Counter

import pytest

from scripts.devtools.soak.fault_plan import Call, FaultSchedule, FaultWindow, InjectedFault, windows

THROTTLED = InjectedFault("Throttled")


def decisions(schedule: FaultSchedule, *operations: str) -> list[InjectedFault | None]:
    return [schedule.decide(Call(operation, b"")) for operation in operations]


def test_a_seed_is_a_plan() -> None:
    """The same faults at the same calls, and others for another seed."""
    assert windows(1, 1000) == windows(1, 1000)
    assert windows(1, 1000) != windows(2, 1000)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("events", [100, 1000, 10_000])
def test_every_window_is_open_for_some_calls_and_closed_before_the_last(seed: int, events: int) -> None:
    """What is planned happens, for at least three calls and at most eighty, and leaves time to come right."""
    for window in windows(seed, events):
        assert 3 <= window.end - window.begin <= 80
        assert window.begin >= 0
        assert window.end <= max(events * 4 * 0.8, 3)


def test_a_window_counts_the_calls_of_its_own_operation() -> None:
    """The second and the third publish fail, also with other calls in between."""
    schedule = FaultSchedule([FaultWindow("sns:Publish", 1, 3, 1.0, THROTTLED)], seed=1)
    made = decisions(schedule, "sns:Publish", "sqs:SendMessage", "sns:Publish", "sns:Publish", "s3:PUT", "sns:Publish")
    assert made == [None, None, THROTTLED, THROTTLED, None, None]


def test_a_window_for_any_operation_counts_all_calls() -> None:
    """Whichever they are."""
    schedule = FaultSchedule([FaultWindow("*", 1, 3, 1.0, THROTTLED)], seed=1)
    assert decisions(schedule, "a:A", "b:B", "c:C", "a:A") == [None, THROTTLED, THROTTLED, None]


def test_chance_decides_on_each_call_of_a_window() -> None:
    """The seed decides about how many of them."""
    schedule = FaultSchedule([FaultWindow("a:A", 0, 1000, 0.3, THROTTLED)], seed=1)
    assert 200 < Counter(decisions(schedule, *["a:A"] * 1000))[THROTTLED] < 400


def test_what_happened_is_counted_and_when_it_last_did_on_the_way_in() -> None:
    """A fault of SSM or of the queue is a cause of a 503 of ingest; a throttled publish is none."""
    schedule = FaultSchedule([], seed=1, clock=iter([0.0, 7.0, 8.0]).__next__)
    operations = ("sns:Publish", "ssm:GetParameters", "sqs:SendMessage")
    for operation in operations:
        schedule.happened(Call(operation, b""), THROTTLED)
    assert schedule.injected == {f"{operation} Throttled": 1 for operation in operations}
    assert schedule.ingest_disturbed_at == 8.0


def test_every_call_is_a_sign_of_life() -> None:
    """A soak does not end while functions still call."""
    schedule = FaultSchedule([], seed=1, clock=iter([0.0, 7.0]).__next__)
    decisions(schedule, "sns:Publish")
    assert schedule.last_call_at == 7.0
