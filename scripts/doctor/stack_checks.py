"""The stack as a whole: how its last deployment ended, and whether this computer's clock is AWS'. Asks nothing."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject

_MOST_ASTRAY: Final = timedelta(seconds=60)


def checks(subject: Subject) -> Iterator[Check]:
    """Both."""
    yield Check("stack", partial(_stack, subject))
    yield Check("clock", partial(_clock, subject))


def _stack(subject: Subject) -> Iterator[Finding]:
    name, status = subject.pipeline.name, subject.pipeline.status
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield Finding("stack", State.ok, f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield Finding("stack", State.unknown, f"{name} is being changed ({status})", Advice.later.text())
    else:
        told = f"the last deployment of {name} failed ({status}); what was there before it may still run"
        yield Finding("stack", State.bad, told, subject.deploying)


def _clock(subject: Subject) -> Iterator[Finding]:
    astray = subject.ours - subject.theirs  # AWS' date is in whole seconds
    if abs(astray) <= _MOST_ASTRAY:
        yield Finding("clock", State.ok, "this computer's clock is AWS', but for less than a minute")
        return
    seconds, way = round(abs(astray).total_seconds()), "ahead of" if astray > timedelta(0) else "behind"
    told = f"this computer's clock is {seconds} s {way} AWS': times in reports are wrong, and AWS refuses 5 minutes"
    yield Finding("clock", State.bad, told, Advice.set_clock.text())
