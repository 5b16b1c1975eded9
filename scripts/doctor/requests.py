"""Check the requests: those that failed in the last hour, and the last event of each Alma profile.

Failed requests (401, 404, 413, 429, 5XX) are in the access log of the HTTP API. Those that the gateway itself answers
with 413 or 429 never reach ingest, so neither its log nor the reconciliation has them. The gateway may not log
every 429, and may log no 413 ("Monitor HTTP APIs", Amazon API Gateway Developer Guide), so the counts are lower bounds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

from ingest.metrics import NAMESPACE
from notifications.json_body import json_members
from scripts.aws.alarm_tiers import AlarmTier, tier_of
from scripts.aws.logs import pages
from scripts.aws.metric_data import Series, points
from scripts.cli.advice import Advice, Fix
from scripts.cli.times import milliseconds, rfc3339_of
from scripts.doctor.check import Finding, Health, Subject, ok

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(hours=24)
_MINUTE: Final = timedelta(minutes=1)
_MOST_LINES: Final = 10_000

# The log has no path, because the gateway would not escape it, but the route of the template that took the request.
_DESTINATIONS: Final = {"ANY /webhooks/{profile}": "to webhook URLs", "$default": "to other paths"}

# What each status means for Alma ("Webhooks", Ex Libris Developer Network). Requests of third parties also get the
# first two.
_MEANINGS: Final = {
    "401": (Health.ok, "wrong or missing signature; if Alma sent them, the events are lost"),
    "404": (Health.ok, "no such path; if Alma sent them, the events are lost"),
    "413": (Health.unhealthy, "larger than the gateway accepts; Alma does not retry them"),
    "429": (Health.unhealthy, "throttled; Alma does not retry them"),
    "5XX": (Health.unhealthy, "Alma retries them for ten hours"),
}


def failed_requests(subject: Subject) -> Iterator[Finding]:
    """Count the requests of the last hour that failed, by status."""
    found, is_complete = _by_status(subject)
    for status, (state, meaning) in _MEANINGS.items():
        if status not in found:
            continue
        requests = found[status].values()
        count = f"{'' if is_complete else 'at least '}{len(requests)} answered {status} in the last hour"
        newest = rfc3339_of(max(at for at, _ in requests))
        destinations = Counter(destination for _, destination in requests)
        message = f"{count}, newest at {newest}: {meaning} ({_text(destinations)})"
        yield Finding("", state, message, _fix(subject, status))
    if not found:
        yield ok("none answered 4XX or 5XX in the last hour, by the gateway's log")


def last_events(subject: Subject) -> Iterator[Finding]:
    """Report when the last event of each profile was accepted, by ingest's metric if it has one, or else by its log.

    Silence is never unhealthy here, because a library may be quiet; the alarm on silence has the threshold.
    """
    has_metric = tier_of(subject.scope.stack.outputs) is AlarmTier.full
    seen = _last_by_metric(subject) if has_metric else {}
    if set(seen) != set(subject.scope.profiles):
        seen = _last_by_log(subject) | seen
    for profile in subject.scope.profiles:
        if profile in seen:
            yield ok(f"{profile} at {seen[profile]}")
        else:
            yield ok(f"{profile}: none in the last 24 h", Advice.reconcile.text(options=subject.scope.options))


class _Request(NamedTuple):
    """A request to the HTTP API: its time in milliseconds since 1970, and where it went."""

    at: int
    destination: str


def _by_status(subject: Subject) -> tuple[dict[str, dict[str, _Request]], bool]:
    """Return the requests by status and by the id of their line, and whether all lines were read."""
    group = subject.scope.output("ApiLogGroupName", "where the HTTP API's log is")
    found: defaultdict[str, dict[str, _Request]] = defaultdict(dict)
    for page in recent_lines(subject, group, '{ $.status != "200" }', _HOUR):
        for event, line in page:
            status = str(line.get("status"))
            status = "5XX" if status.startswith("5") else status
            if status in _MEANINGS:
                destination = _DESTINATIONS.get(str(line.get("route_key")), "rejected by the gateway")
                found[status][event["eventId"]] = _Request(event["timestamp"], destination)
        if sum(map(len, found.values())) >= _MOST_LINES:
            return found, False
    return found, True


def _last_by_metric(subject: Subject) -> dict[str, str]:
    profiles, stage = subject.scope.profiles, subject.scope.stage
    series = [Series(NAMESPACE, "Accepted", {"Stage": stage, "Profile": profile}, "Sum") for profile in profiles]
    now = subject.aws_time
    found = points(subject.scope.aws.cloudwatch, series, now - _DAY, now + _MINUTE)
    return {
        profile: rfc3339_of(milliseconds(of_profile[-1].at))[:16] + "Z"  # a data point covers a minute
        for profile, of_profile in zip(profiles, found, strict=True)
        if of_profile
    }


def _last_by_log(subject: Subject) -> dict[str, str]:
    group = subject.scope.output("IngestLogGroupName", "where ingest's log is")
    last: dict[str, int] = {}
    for page in recent_lines(subject, group, '{ $.message = "accepted" }', _DAY):
        for event, line in page:
            if line.get("message") == "accepted":
                profile = str(line.get("profile"))
                last[profile] = max(event["timestamp"], last.get(profile, 0))
    return {profile: rfc3339_of(at) for profile, at in last.items()}


def recent_lines(
    subject: Subject, group: str, pattern: str, ago: timedelta
) -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    """Yield the log events of a group and their members, page by page. An emulator may ignore the pattern."""
    span = milliseconds(subject.aws_time - ago), milliseconds(subject.aws_time + _MINUTE)
    for page in pages(subject.scope.aws.logs, group, pattern, *span):
        yield [(event, json_members(event["message"])) for event in page]


def _text(destinations: Counter[str]) -> str:
    return ", ".join(f"{count} {destination}" for destination, count in destinations.most_common())


def _fix(subject: Subject, status: str) -> Fix:
    match status:
        case "429":
            limit = 2 * int(float(subject.pipeline.parameters.get("ThrottlingRateLimit", "1000")))
            return Advice.raise_throttle.text(value=str(limit), options=subject.scope.options)
        case "413":
            return Advice.fetch_again.text()
        case "401" | "404":
            return Advice.secret_status.text(profile="all", options=subject.scope.options)
    return Advice.read_ingest_log.text(group=subject.scope.stack.outputs.get("IngestLogGroupName", ""))
