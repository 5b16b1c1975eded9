"""Count the requests of the last hour that were answered with 401, 404, 413, 429 or 5XX, by the HTTP API access log.

Requests that the gateway itself answers with 413 or 429 never reach ingest, so neither its log nor the reconciliation
has them. In a flood the gateway may not log every request, so the counts are lower bounds.
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
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject
from scripts.routes.judged_routes import deploy_options

_LOOK_BACK: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_MOST_LINES: Final = 10_000
_PATHS_SHOWN: Final = 3
_LONGEST_PATH: Final = 80

# What each status means for Alma ("Webhooks", Ex Libris Developer Network). Requests of third parties also get the
# first two.
_MEANINGS: Final = {
    "401": (Health.ok, "wrong or missing signature; if Alma sent them, the events are lost"),
    "404": (Health.ok, "no such path; if Alma sent them, the events are lost"),
    "413": (Health.unhealthy, "larger than the gateway accepts; Alma does not retry them"),
    "429": (Health.unhealthy, "throttled; Alma does not retry them"),
    "5XX": (Health.unhealthy, "Alma retries them for ten hours"),
}


class Requests(NamedTuple):
    """The requests with one status: their number by path, and the time of the newest in milliseconds since 1970."""

    paths: Counter[str]
    newest: int


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for all statuses, because one query answers for all of them."""
    yield Check("requests", partial(_requests, subject))


def _requests(subject: Subject) -> Iterator[Finding]:
    found, is_complete = _by_status(subject)
    for status, (state, meaning) in _MEANINGS.items():
        if status not in found:
            continue
        requests = found[status]
        count = f"{'' if is_complete else 'at least '}{sum(requests.paths.values())} answered {status} in the last hour"
        message = f"{count}, newest at {rfc3339_of(requests.newest)}: {meaning} ({_paths(requests.paths)})"
        yield Finding("requests", state, message, _fix(subject, status))
    if not found:
        yield Finding("requests", Health.ok, "none answered 4XX or 5XX in the last hour, by the gateway's log")


def _by_status(subject: Subject) -> tuple[dict[str, Requests], bool]:
    """Return the requests by status, and whether all lines were read."""
    group = subject.scope.output("ApiLogGroupName", "where the HTTP API's log is")
    span = milliseconds(subject.aws_time - _LOOK_BACK), milliseconds(subject.aws_time + _MINUTE)
    found: dict[str, Requests] = {}
    seen: set[str] = set()
    for page in pages(subject.scope.aws.logs, group, '{ $.status != "200" }', *span):
        for event in page:
            line = members_of(event["message"])  # filtered again, because an emulator may ignore the pattern
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
