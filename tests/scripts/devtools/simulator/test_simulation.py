"""The simulation on a clock that stands still: when each attempt is made, and what ends it."""

import math
import os
import signal
import threading

import pytest

from scripts.alma_client.retry_policy import Verdict
from scripts.devtools.simulator.simulation import Pacing
from tests.scripts.devtools.simulator.simulated import Attempt, Scene

FAST = Pacing(rate=math.inf, scale=3600, concurrency=4)


@pytest.mark.parametrize(("scale", "hour"), [(1, 3600.0), (3600, 1.0), (7200, 0.5)])
def test_an_event_is_dropped_after_four_attempts(scale: float, hour: float) -> None:
    """1, 3 and 6 hours after one another, with the very same bytes and signature each time."""
    scene = Scene(n1=[503])
    assert scene.run(FAST._replace(scale=scale))
    assert scene.times_of(1) == [0, hour, 4 * hour, 10 * hour]
    assert {attempt[2:] for attempt in scene.attempts} == {(b"body 1", "signature 1")}
    [ended] = scene.ended
    assert (ended.verdict, ended.attempts, scene.tally.retried) == (Verdict.dropped, 4, 3)


def test_a_retry_that_is_accepted_ends_it() -> None:
    """The receipt id is that of the attempt that was accepted."""
    scene = Scene(n1=[503, None, 200])
    assert scene.run(FAST)
    assert scene.times_of(1) == [0, 1, 4]
    [ended] = scene.ended
    assert (ended.verdict, ended.attempts, ended.answer.receipt_id) == (Verdict.accepted, 3, "r-1")
    assert (scene.tally.retried, scene.tally.unanswered) == (2, 1)


def test_an_attempt_that_is_excused_does_not_count() -> None:
    """Two of the six are: Alma drops the event after four others, and none of them costs more than an hour."""
    scene = Scene(n1=[503])
    scene.is_excused = lambda _, began: began <= 1
    assert scene.run(FAST)
    assert scene.times_of(1) == [0, 1, 2, 3, 6, 12]
    assert [(ended.verdict, ended.attempts) for ended in scene.ended] == [(Verdict.dropped, 6)]


def test_a_forged_event_is_asked_again_while_faults_last() -> None:
    """Four times 503 while SSM fails is no answer yet; the 401 that follows is."""
    scene = Scene(n1=[503, 503, 503, 503, 401])
    scene.is_excused = lambda answer, _: answer.status == 503
    assert scene.run(FAST, forged=(1,))
    assert [(ended.verdict, ended.attempts) for ended in scene.ended] == [(Verdict.rejected, 5)]


def test_no_excuse_lasts_for_ever() -> None:
    """A listener that answers nothing but 503 ends the run all the same."""
    scene = Scene(n1=[503])
    scene.is_excused = lambda *_: True
    assert scene.run(FAST)
    assert [(ended.verdict, ended.attempts) for ended in scene.ended] == [(Verdict.dropped, 44)]


@pytest.mark.parametrize("status", [400, 401, 404, 413, 429])
def test_a_4xx_is_never_tried_again(status: int) -> None:
    """One attempt, and the event is lost."""
    scene = Scene(n1=[status, 200])
    assert scene.run(FAST)
    assert scene.times_of(1) == [0]
    assert [ended.verdict for ended in scene.ended] == [Verdict.lost]


def test_a_4xx_on_a_retry_ends_it_too() -> None:
    """An event that was saved from a 503 can still be lost."""
    scene = Scene(n1=[503, 404])
    assert scene.run(FAST)
    assert scene.times_of(1) == [0, 1]
    assert [ended.verdict for ended in scene.ended] == [Verdict.lost]


def test_a_bad_signature_that_is_rejected_is_right() -> None:
    """One attempt, no retry, nothing unexpected."""
    scene = Scene(n1=[401])
    assert scene.run(FAST, forged=(1,))
    assert scene.times_of(1) == [0]
    assert [ended.verdict for ended in scene.ended] == [Verdict.rejected]
    assert scene.tally.unexpected == []


def test_events_begin_at_the_rate() -> None:
    """Evenly, the first one at once."""
    scene = Scene()
    assert scene.run(FAST._replace(rate=20), events=5)
    assert [scene.times_of(number) for number in range(1, 6)] == [[0], [0.05], [0.1], [0.15], [0.2]]


def test_at_the_maximum_nobody_waits() -> None:
    """As fast as there is an answer."""
    scene = Scene()
    assert scene.run(FAST, events=50)
    assert scene.clock.now == 0
    assert scene.tally.sent == 50


def test_what_is_due_again_goes_before_what_is_new() -> None:
    """Else a flood would put off every retry until its end."""
    scene = Scene(n1=[503, 200])
    scene.while_posting = lambda _: scene.clock.pass_(1)
    assert scene.run(FAST._replace(concurrency=1), events=4)
    assert [attempt.number for attempt in scene.attempts] == [1, 2, 1, 3, 4]


def test_a_rate_that_cannot_be_kept_is_made_up_for() -> None:
    """An answer that took long puts off the next events, and those after them are on time again."""
    scene = Scene()
    scene.while_posting = lambda attempt: scene.clock.pass_(2.5 if attempt.number == 1 else 0)
    assert scene.run(FAST._replace(rate=1, concurrency=1), events=4)
    assert [attempt.at for attempt in scene.attempts] == [0, 2.5, 2.5, 3]


def test_so_many_are_posted_at_a_time() -> None:
    """Three meet at the listener, and never four."""
    scene = Scene()
    together, lock, here, most = threading.Barrier(3), threading.Lock(), 0, 0

    def meet(_: Attempt) -> None:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        together.wait(30)
        with lock:
            here -= 1

    scene.while_posting = meet
    assert scene.run(FAST._replace(concurrency=3), events=9)
    assert most == 3


def test_no_event_begins_after_the_time_given() -> None:
    """What was begun is still tried again."""
    scene = Scene(n2=[503, 200])
    assert scene.run(FAST._replace(rate=1, seconds=3, scale=360), events=100)
    assert [scene.times_of(number) for number in range(1, 5)] == [[0], [1, 11], [2], []]


def test_time_that_is_over_while_nothing_can_begin_is_over() -> None:
    """Events that should have begun meanwhile do not begin late."""
    scene = Scene()
    scene.while_posting = lambda _: scene.clock.pass_(5)
    assert scene.run(FAST._replace(rate=1, seconds=3, concurrency=1), events=100)
    assert [attempt.number for attempt in scene.attempts] == [1]


def test_ctrl_c_while_it_waits_ends_it() -> None:
    """What Alma would have tried again is unfinished, and is not tried again."""
    scene = Scene(n1=[503])
    scene.sleep = lambda _: signal.raise_signal(signal.SIGINT)
    assert not scene.run(FAST, events=3)
    assert (scene.tally.sent, scene.tally.unfinished, len(scene.attempts)) == (3, 1, 3)


def test_ctrl_c_while_events_are_under_way_awaits_them() -> None:
    """An event that was posted has its end in the summary; no other begins."""
    scene = Scene()

    def interrupt(attempt: Attempt) -> None:
        if attempt.number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    scene.while_posting = interrupt
    assert not scene.run(FAST, events=100_000)
    assert scene.tally.sent < 100_000
    assert len(scene.ended) == len(scene.attempts) == scene.tally.sent
    assert scene.tally.unfinished == 0
