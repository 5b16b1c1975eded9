"""Fair queues: the statements of "How Amazon SQS fair queues work" and of visibility timeouts, one by one."""

import pytest

from benchmarks.simulation import fair_queue
from benchmarks.simulation.fair_queue import MOST_IN_FLIGHT, FairQueue, FairRules, Message

BIB, LOAN, JOB = "alma.BIB", "alma.LOAN", "alma.JOB_END"
BY_FLIGHT = FairRules(time_share=1.0)


def sent(queue: FairQueue, group: str, count: int, now: float = 0.0) -> None:
    for _ in range(count):
        queue.send(Message(group.rpartition(".")[2], group, now), now)


def received(queue: FairQueue, count: int, now: float) -> list[Message]:
    found = [queue.receive(now) for _ in range(count)]
    return [message for message in found if message]


def groups(messages: list[Message]) -> list[str]:
    return [message.group for message in messages]


def test_without_noisy_groups_the_oldest_message_is_next() -> None:
    """While nobody is noisy, groups do not matter."""
    queue = FairQueue()
    for number, group in enumerate((BIB, LOAN, JOB, LOAN, BIB)):
        sent(queue, group, 1, number)
    assert groups(received(queue, 3, 5)) == [BIB, LOAN, JOB]


def test_messages_of_quiet_groups_are_delivered_before_those_of_a_noisy_one() -> None:
    """A message of a quiet group is next whenever there is one, however new it is."""
    queue = FairQueue()
    sent(queue, BIB, 1_000)
    received(queue, 50, 0)
    sent(queue, JOB, 1, 1)
    assert groups(received(queue, 2, 1)) == [JOB, BIB]


@pytest.mark.parametrize(("mine", "is_noisy"), [(29, False), (30, True)])
def test_a_tenth_of_the_messages_in_flight_counts_from_thirty(mine: int, is_noisy: bool) -> None:
    """More than 10 % of the messages in flight, and at least 30 of its own."""
    queue = FairQueue(BY_FLIGHT)
    sent(queue, BIB, 100)
    received(queue, mine, 0)
    assert queue.is_noisy(BIB, 0) == is_noisy


@pytest.mark.parametrize(("others", "is_noisy"), [(269, True), (270, False)])
def test_thirty_messages_in_flight_are_not_noisy_in_a_busy_queue(others: int, is_noisy: bool) -> None:
    """10 % is not more than 10 %."""
    queue = FairQueue(BY_FLIGHT)
    sent(queue, LOAN, others)
    received(queue, others, 0)
    sent(queue, BIB, 100)
    received(queue, 30, 0)
    assert queue.is_noisy(BIB, 0) == is_noisy


@pytest.mark.parametrize(("seconds", "is_noisy"), [(1.0, False), (1.2, True)])
def test_more_than_a_tenth_of_the_processing_time_is_noisy(seconds: float, is_noisy: bool) -> None:
    """With few messages in flight, the time counts that they take: beside 9.5 seconds of others, 1.0 or 1.2."""
    queue = FairQueue()
    sent(queue, LOAN, 5)
    sent(queue, BIB, 2)
    *loans, bib = received(queue, 6, 0)
    queue.delete(bib, seconds)
    for loan in loans:
        queue.delete(loan, 1.9)
    assert queue.is_noisy(BIB, 1.9) == is_noisy


def test_only_recent_processing_time_counts() -> None:
    """After three minutes of work for others a group is quiet again."""
    queue = FairQueue(FairRules(recent_seconds=60))
    sent(queue, BIB, 2)
    queue.delete(received(queue, 1, 0)[0], 10)
    sent(queue, LOAN, 20, 10)
    assert groups(received(queue, 20, 10)) == [LOAN] * 20
    assert queue.is_noisy(BIB, 11)
    assert not queue.is_noisy(BIB, 190)


def test_among_noisy_groups_the_one_with_the_fewest_in_flight_is_next() -> None:
    """If only messages of noisy groups wait, their processing is balanced."""
    queue = FairQueue()
    sent(queue, BIB, 200)
    received(queue, 60, 0)
    sent(queue, LOAN, 200, 1)
    received(queue, 40, 1)
    assert queue.is_noisy(BIB, 2)
    assert queue.is_noisy(LOAN, 2)
    assert groups(received(queue, 1, 2)) == [LOAN]


def test_a_group_without_backlog_is_quiet() -> None:
    """Its next message is delivered as that of any quiet group."""
    queue = FairQueue()
    sent(queue, BIB, 40)
    received(queue, 40, 0)
    assert not queue.is_noisy(BIB, 0)


@pytest.mark.parametrize(("seconds", "is_noisy"), [(299.0, True), (300.0, False)])
def test_a_group_that_sends_nothing_for_five_minutes_is_quiet(seconds: float, is_noisy: bool) -> None:
    """Also if its backlog is still there: then it is first again, because its messages are older."""
    queue = FairQueue()
    sent(queue, BIB, 100)
    received(queue, 40, 0)
    sent(queue, JOB, 1, seconds)
    assert queue.is_noisy(BIB, seconds) == is_noisy
    assert groups(received(queue, 1, seconds)) == [JOB if is_noisy else BIB]


def test_a_message_without_a_group_is_never_noisy() -> None:
    """Each counts as a group of its own, so the order is that of a queue without groups."""
    queue = FairQueue()
    sent(queue, "", 100)
    received(queue, 50, 0)
    sent(queue, JOB, 1, 1)
    assert groups(received(queue, 51, 1)) == [""] * 50 + [JOB]


def test_a_postponed_message_is_in_flight_until_it_is_visible_again() -> None:
    """It is received again after the seconds, and its receive count grows."""
    queue = FairQueue()
    sent(queue, BIB, 1)
    [message] = received(queue, 1, 0)
    queue.postpone(message, 180, 0)
    assert (queue.receive(179.9), queue.in_flight, queue.backlog) == (None, 1, 0)
    assert queue.receive(180) is message
    assert (message.receives, queue.in_flight) == (2, 1)
    queue.delete(message, 181)
    assert (queue.receive(1_000), queue.in_flight) == (None, 0)


def test_nothing_is_received_above_the_quota_of_messages_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    """About 120,000, here ten; also those that wait for a retry."""
    assert MOST_IN_FLIGHT == 120_000
    monkeypatch.setattr(fair_queue, "MOST_IN_FLIGHT", 10)
    queue = FairQueue()
    sent(queue, BIB, 11)
    messages = received(queue, 10, 0)
    assert queue.receive(1) is None
    queue.postpone(messages[0], 180, 1)
    assert queue.receive(2) is None
    queue.delete(messages[1], 3)
    assert queue.receive(3)
