"""Report when the last event of each Alma profile was accepted, by ingest's metric or else by its log.

Silence is never unhealthy here, because a library may be quiet; the alarm on silence has the threshold.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from ingest.metrics import NAMESPACE
from scripts.aws.logs import members_of, pages
from scripts.cli.advice import Advice
from scripts.cli.times import milliseconds, rfc3339_of
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.metric_data import Series, last_points
from scripts.doctor.subject import Subject

_LOOK_BACK: Final = timedelta(hours=24)
_MINUTE: Final = timedelta(minutes=1)


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for all profiles, because one query answers for all of them."""
    yield Check("last event", partial(_last_events, subject))


def _last_events(subject: Subject) -> Iterator[Finding]:
    seen = _by_metric(subject)
    if set(seen) != set(subject.scope.profiles):
        seen = _by_log(subject) | seen
    for profile in subject.scope.profiles:
        if profile in seen:
            yield Finding("last event", Health.ok, f"{profile} at {seen[profile]}")
        else:
            fix = Advice.reconcile.text(options=subject.scope.options)
            yield Finding("last event", Health.ok, f"{profile}: none in the last 24 h", fix)


def _by_metric(subject: Subject) -> dict[str, str]:
    profiles, stage = subject.scope.profiles, subject.scope.stage
    series = [Series(NAMESPACE, "Accepted", {"Stage": stage, "Profile": profile}, "Sum") for profile in profiles]
    now = subject.aws_time
    points = last_points(subject.scope.aws.cloudwatch, series, now - _LOOK_BACK, now + _MINUTE)
    return {
        profile: rfc3339_of(milliseconds(point[0]))[:16] + "Z"  # a data point covers a minute
        for profile, point in zip(profiles, points, strict=True)
        if point
    }


def _by_log(subject: Subject) -> dict[str, str]:
    group = subject.scope.output("IngestLogGroupName", "where ingest's log is")
    begin, last = subject.aws_time - _LOOK_BACK, dict[str, int]()
    span = milliseconds(begin), milliseconds(subject.aws_time + _MINUTE)
    for page in pages(subject.scope.aws.logs, group, '{ $.message = "accepted" }', *span):
        for event in page:
            line = members_of(event["message"])  # filtered again, because an emulator may ignore the pattern
            if line.get("message") == "accepted":
                profile = str(line.get("profile"))
                last[profile] = max(event["timestamp"], last.get(profile, 0))
    return {profile: rfc3339_of(at) for profile, at in last.items()}
