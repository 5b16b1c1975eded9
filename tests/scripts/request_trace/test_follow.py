"""Following the log lines of a request until its event has an outcome."""

from typing import Any

import pytest

from scripts.request_trace.follow import follow_request, has_outcome
from scripts.request_trace.log_line import LogLine
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import AUDIT, PROCESSOR, Site

ACCEPTED, OUTCOME, RETRY = "accepted", "outcome", "retry"


def followed(site: Site, time: PassingTime, seconds: float = 60) -> list[list[str]]:
    found = follow_request(site.scope, "r1", 0, seconds, monotonic=time.monotonic, sleep=time.sleep)
    return [[line.members["message"] for line in lines] for lines in found]


def test_new_lines_are_yielded_until_the_outcome(site: Site) -> None:
    """Those of other requests are not."""
    site.accepted("r1", "r2")
    site.ended("delivered", "r2", age=2)
    time = PassingTime(
        lambda: site.write(PROCESSOR, {"message": RETRY, "receipt_id": "r1"}, age=3),
        lambda: None,
        lambda: site.ended("delivered", "r1", age=0),
    )
    assert followed(site, time) == [[ACCEPTED], [RETRY], [OUTCOME]]
    assert time.now == 6


def test_it_ends_at_once_if_there_is_an_outcome(site: Site) -> None:
    """Nothing is awaited."""
    site.accepted("r1")
    site.ended("ignored", "r1")
    time = PassingTime()
    assert followed(site, time) == [[ACCEPTED, OUTCOME]]
    assert time.now == 0


def test_it_ends_after_the_limit(site: Site) -> None:
    """Also for a request that has no lines at all."""
    time = PassingTime()
    assert followed(site, time, 7) == []
    assert time.now == 7


def test_a_replayed_event_is_followed_to_its_next_outcome(site: Site) -> None:
    """Its first outcome, which made it a dead letter, does not end the trace."""
    site.aws.logs.create_log_group(logGroupName=AUDIT)
    site.aws.logs.create_log_stream(logGroupName=AUDIT, logStreamName="s")
    stack = site.scope.stack
    scope = site.scope._replace(stack=stack._replace(outputs=stack.outputs | {"AuditLogGroupName": AUDIT}))
    site = site._replace(scope=scope)
    site.accepted("r1")
    site.ended("dead", "r1", age=60)
    site.write(AUDIT, {"message": "replayed", "receipt_id": "r1", "result": "done"}, age=30)
    assert followed(site, PassingTime(lambda: site.ended("delivered", "r1", age=0))) == [
        [ACCEPTED, OUTCOME, "replayed"],
        [OUTCOME],
    ]


def line(message: str, at: int, **members: Any) -> LogLine:
    log = "audit" if message in {"replayed", "edited"} else "processor"
    return LogLine(at, log, {"message": message, **members})


SENT = {"result": "done"}
STRANGE = LogLine(3, "audit", {"message": ["outcome"], "result": {"done": 1}})


@pytest.mark.parametrize(
    ("lines", "is_done"),
    [
        ([], False),
        ([line(RETRY, 1)], False),
        ([line(OUTCOME, 1)], True),
        ([line(OUTCOME, 1), STRANGE, STRANGE._replace(members={"message": "replayed", "result": []})], True),
        ([line(RETRY, 1), line(OUTCOME, 2)], True),
        ([line(OUTCOME, 1), line("replayed", 2, **SENT)], False),
        ([line(OUTCOME, 1), line("edited", 2, **SENT), line(RETRY, 3)], False),
        ([line(OUTCOME, 1), line("replayed", 2, result="not sent: x")], True),
        ([line(OUTCOME, 1), line("replayed", 2, queue="notifications", **SENT)], False),
        ([line(OUTCOME, 1), line("replayed", 3, **SENT), line(OUTCOME, 2)], True),
        ([line("replayed", 2, **SENT), line(OUTCOME, 3)], True),
    ],
)
def test_each_sending_needs_an_outcome(lines: list[LogLine], *, is_done: bool) -> None:
    """The line of a replay can be later than that of its outcome; a crash leaves no line of an outcome."""
    assert has_outcome(lines) is is_done
