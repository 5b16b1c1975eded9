"""Check how the last deployment of the stack ended, and whether the local clock agrees with AWS."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject

_MAX_CLOCK_SKEW: Final = timedelta(seconds=60)


def checks(subject: Subject) -> Iterator[Check]:
    """Yield the checks of the stack and of the clock."""
    yield Check("stack", partial(_stack, subject))
    yield Check("clock", partial(_clock, subject))


def _stack(subject: Subject) -> Iterator[Finding]:
    name, status = subject.pipeline.name, subject.pipeline.status
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield Finding("stack", Health.ok, f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield Finding("stack", Health.unknown, f"{name} is being updated ({status})", Advice.later.text())
    else:
        message = f"the last deployment of {name} failed ({status}); the previous version may still be running"
        yield Finding("stack", Health.unhealthy, message, subject.deploy_fix)


def _clock(subject: Subject) -> Iterator[Finding]:
    skew = subject.local_time - subject.aws_time  # the date of AWS is in whole seconds
    if abs(skew) <= _MAX_CLOCK_SKEW:
        yield Finding("clock", Health.ok, "local clock is within a minute of AWS")
        return
    seconds, way = round(abs(skew).total_seconds()), "ahead of" if skew > timedelta(0) else "behind"
    message = f"local clock is {seconds} s {way} AWS: times in reports are wrong, and AWS rejects more than 5 minutes"
    yield Finding("clock", Health.unhealthy, message, Advice.set_clock.text())
