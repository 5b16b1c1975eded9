"""Check how the last deployment of the stack ended, and whether the local clock agrees with AWS."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from scripts.cli.advice import Advice
from scripts.doctor.finding import Finding, ok, unhealthy, unknown
from scripts.doctor.subject import Subject

_MAX_CLOCK_SKEW: Final = timedelta(seconds=60)


def deployment(subject: Subject) -> Iterator[Finding]:
    """Check the status of the stack."""
    name, status = subject.pipeline.name, subject.pipeline.status
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield ok(f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield unknown(f"{name} is being updated ({status})", Advice.later.text())
    else:
        message = f"the last deployment of {name} failed ({status}); the previous version may still be running"
        yield unhealthy(message, subject.deploy_fix)


def clock(subject: Subject) -> Iterator[Finding]:
    """Compare the local clock with that of AWS."""
    skew = subject.local_time - subject.aws_time  # the date of AWS is in whole seconds
    if abs(skew) <= _MAX_CLOCK_SKEW:
        yield ok("local clock is within a minute of AWS")
        return
    seconds, way = round(abs(skew).total_seconds()), "ahead of" if skew > timedelta(0) else "behind"
    message = f"local clock is {seconds} s {way} AWS: times in reports are wrong, and AWS rejects more than 5 minutes"
    yield unhealthy(message, Advice.set_clock.text())
