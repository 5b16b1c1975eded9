"""Interruptions: when they strike, when they wait, when they are ignored."""

import os
import signal

import pytest

from scripts.cli.signals import Interrupts

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def interrupt(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_each_signal_interrupts(number: signal.Signals) -> None:
    """Ctrl-C, a supervisor's stop and a closed terminal are one thing."""
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        interrupt(number)


def test_handlers_are_put_back() -> None:
    """What was there before is there again."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interrupts():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_deferred_interruption_strikes_at_the_end() -> None:
    """What is begun there is finished, in nested blocks too."""
    done = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):  # noqa: PT012 -- the order is what is tested
        with interrupts.deferred():
            with interrupts.deferred():
                interrupt()
                done.append("inner")
            done.append("outer")
        done.append("after")
    assert done == ["inner", "outer"]


def test_only_the_first_one_strikes() -> None:
    """A second Ctrl-C cannot disturb the stopping that the first one began."""
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        interrupt(signal.SIGTERM)
        with interrupts.deferred():
            interrupt()
