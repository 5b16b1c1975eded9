"""Requests of the last hour that ended in 401, 404, 413, 429 or 5XX, by the HTTP API's access log. Judges no sender.

The gateway's own 413 and 429 never reach ingest, so its log and the reconciliation have no line about them. The gateway
may not write a line for each request of a flood: the counts are lower bounds.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from scripts.aws.logs import members_of, pages
from scripts.cli.advice import Advice, Fix
from scripts.cli.plural import plural
from scripts.cli.times import milliseconds, rfc3339_of
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject
from scripts.routes.judged_routes import deploy_options

_LOOK_BACK: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_MOST_LINES: Final = 10_000
_PATHS_SHOWN: Final = 3
_LONGEST_PATH: Final = 80

# What each status means for Alma ("Webhooks", Ex Libris Developer Network). Strangers cause the first two as well.
_MEANINGS: Final = {
    "401": (State.ok, "wrong or missing signatures; a genuine event among them is lost"),
    "404": (State.ok, "no such path; a genuine event among them is lost"),
    "413": (State.bad, "larger than the gateway takes; Alma does not repeat them"),
    "429": (State.bad, "above the throttle; Alma does not repeat them"),
    "5XX": (State.bad, "Alma repeats them for ten hours"),
}


class Requests(NamedTuple):
    """How many requests had one status: by path, and the time of the newest, milliseconds since 1970."""

    paths: Counter[str]
    newest: int


def checks(subject: Subject) -> Iterator[Check]:
    """All statuses in one, for one question answers for all."""
    yield Check("requests", partial(_requests, subject))


def _requests(subject: Subject) -> Iterator[Finding]:
    found, is_whole = _by_status(subject)
    for status, (state, meaning) in _MEANINGS.items():
        if status not in found:
            continue
        requests = found[status]
        count = f"{'' if is_whole else 'at least '}{sum(requests.paths.values())} answered {status} in the last hour"
        told = f"{count}, the newest at {rfc3339_of(requests.newest)}: {meaning} ({_paths(requests.paths)})"
        yield Finding("requests", state, told, _fix(subject, status))
    if not found:
        yield Finding("requests", State.ok, "none of the last hour that the gateway logged ended in 4XX or 5XX")


def _by_status(subject: Subject) -> tuple[dict[str, Requests], bool]:
    """The requests by status, and whether all lines were read."""
    group = subject.scope.output("ApiLogGroupName", "where the HTTP API's log is")
    span = milliseconds(subject.theirs - _LOOK_BACK), milliseconds(subject.theirs + _MINUTE)
    found: dict[str, Requests] = {}
    seen: set[str] = set()
    for page in pages(subject.scope.aws.logs, group, '{ $.status != "200" }', *span):
        for event in page:
            line = members_of(event["message"])  # looked at again: an emulator may not know the pattern
            status = str(line.get("status"))
            status = "5XX" if status.startswith("5") else status
            if status in _MEANINGS and event["eventId"] not in seen:
                seen.add(event["eventId"])
                requests = found.setdefault(status, Requests(Counter(), 0))
                requests.paths[str(line.get("path"))[:_LONGEST_PATH]] += 1
                found[status] = requests._replace(newest=max(requests.newest, event["timestamp"]))
        if len(seen) >= _MOST_LINES:
            return found, False
    return found, True


def _paths(paths: Counter[str]) -> str:
    shown = [f"{count} {path}" for path, count in paths.most_common(_PATHS_SHOWN)]
    more = len(paths) - len(shown)
    return ", ".join([*shown, *([plural(more, "more path")] if more else [])])


def _fix(subject: Subject, status: str) -> Fix:
    options = subject.scope.options
    match status:
        case "429":
            limit = 2 * int(float(subject.pipeline.parameters.get("ThrottlingRateLimit", "1000")))
            return Advice.raise_throttle.text(value=str(limit), options=deploy_options(subject.scope))
        case "413":
            return Advice.fetch_again.text()
        case "401" | "404":
            return Advice.secret_status.text(profile="all", options=options)
    return Advice.read_ingest_log.text(group=subject.scope.stack.outputs.get("IngestLogGroupName", ""))
