"""Test that the usage of secrets is read from ingest's log, and that an unreadable log means unknown."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError
from scripts.secret.usage import LONGEST_LOOK, Usage, UsageUnknownError, parse_unused_for

GROUP = "/aws/lambda/alma-webhooks-dev-ingest"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(second=30, microsecond=0)
AGES_AGO = NOW - 30 * LONGEST_LOOK


class Log:
    """Writes lines as ingest does, to a log of moto."""

    def __init__(self, aws: Aws) -> None:
        self._logs = aws.logs
        self._logs.create_log_group(logGroupName=GROUP)
        self._logs.create_log_stream(logGroupName=GROUP, logStreamName="s")

    def write(self, at: datetime, secret: str, profile: str = "alma", message: str = "accepted") -> None:
        line = {"message": message, "profile": profile, "secret": secret}
        events: Any = [{"timestamp": int(at.timestamp() * 1000), "message": json.dumps(line)}]
        self._logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


@pytest.fixture
def log(aws: Aws) -> Log:
    """Ingest's log."""
    return Log(aws)


def test_the_last_use_is_the_time_of_its_line(aws: Aws, log: Log) -> None:
    """It is separate for each secret and profile; challenges and rejected requests do not count."""
    log.write(NOW - 9 * MINUTE, "previous")
    log.write(NOW - 7 * MINUTE, "previous")
    log.write(NOW - 3 * MINUTE, "current")
    log.write(NOW - MINUTE, "previous", profile="consortium")
    log.write(NOW - MINUTE, "previous", message="rejected")
    uses = Usage(aws.logs, GROUP)
    assert uses.last("alma", "previous", since=AGES_AGO, now=NOW) == NOW - 7 * MINUTE
    assert uses.last("alma", "current", since=AGES_AGO, now=NOW) == NOW - 3 * MINUTE


@pytest.mark.parametrize("age", [59 * MINUTE, HOUR, 3 * HOUR, 50 * HOUR, LONGEST_LOOK - HOUR])
def test_an_old_use_is_found(age: timedelta, aws: Aws, log: Log) -> None:
    """No window of time is left out on the way back."""
    log.write(NOW - age, "previous")
    assert Usage(aws.logs, GROUP).last("alma", "previous", since=AGES_AGO, now=NOW) == NOW - age


def test_only_uses_since_a_time_count(aws: Aws, log: Log) -> None:
    """An earlier use may have been the old secret."""
    used = NOW - 5 * MINUTE
    log.write(used, "current")
    uses = Usage(aws.logs, GROUP)
    assert uses.last("alma", "current", since=used, now=NOW) == used
    assert uses.last("alma", "current", since=used + timedelta(seconds=1), now=NOW) is None


@pytest.mark.usefixtures("log")
def test_no_use_is_none(aws: Aws) -> None:
    """A log without such lines means no use."""
    assert Usage(aws.logs, GROUP).last("alma", "previous", since=AGES_AGO, now=NOW) is None


def test_a_recent_use_is_found_without_older_lines() -> None:
    """A secret in use is found by one call, for the last hour."""
    logs = Aws.local("http://127.0.0.1:9", "us-east-1").logs
    line = json.dumps({"message": "accepted", "profile": "alma", "secret": "current"})
    at = int((NOW - MINUTE).timestamp() * 1000)
    with Stubber(logs) as stub:
        stub.add_response("filter_log_events", {"events": [{"timestamp": at, "message": line}]})
        assert Usage(logs, GROUP).last("alma", "current", since=AGES_AGO, now=NOW) == NOW - MINUTE


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_log_that_cannot_be_read_is_unknown(code: str) -> None:
    """It does not mean unused. The message of AWS says what is missing."""
    logs = Aws.local("http://127.0.0.1:9", "us-east-1").logs
    with Stubber(logs) as stub:
        stub.add_client_error("filter_log_events", code, "no log")
        with pytest.raises(UsageUnknownError, match=f"{code}, no log"):
            Usage(logs, GROUP).last("alma", "current", since=NOW - MINUTE, now=NOW)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("14d", timedelta(days=14)),
    ],
)
def test_times_have_a_unit(text: str, duration: timedelta) -> None:
    """Seconds, minutes, hours and days are accepted."""
    assert parse_unused_for(text) == duration


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1.5h", "15d", "999999d", "1 h", "1h30m", "٣h"])
def test_an_invalid_time_is_an_error(text: str) -> None:
    """So is one that logs may not cover."""
    with pytest.raises(ConfigurationError, match="is not a duration such as 90m, 24h or 3d, at most 14d"):
        parse_unused_for(text)
