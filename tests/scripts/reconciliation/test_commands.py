"""Test the output and exit codes of `reconcile`, over AWS in process.

tests/end_to_end/test_reconcile.py runs it as an operator does.
"""

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, StoppedError
from scripts.main import app
from tests.scripts.scope_line import SCOPE_LINE
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site

Command = Callable[..., Result]


@pytest.fixture
def reconcile(site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks reconcile --since 1h …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)

    def command(*arguments: str, since: str = "1h") -> Result:
        return CliRunner().invoke(app, ["reconcile", f"--since={since}", *arguments])

    return command


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    assert result.stdout == ""
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_a_reconciliation_is_a_table_with_a_verdict(reconcile: Command, site: Site) -> None:
    """There is a row for each profile and one for all; the exit code is 0."""
    site.accepted("r1", "r2")
    site.accepted("r3", profile="consortium")
    site.ended("delivered", "r1", "r3")
    site.ended("dead", "r2")
    site.write(INGEST, {"message": "rejected", "reason": "wrong-signature", "profile": "alma"}, age=60)
    result = reconcile()
    assert result.exit_code == 0, result.output
    first, *lines = result.stdout.splitlines()
    assert first.startswith("alma-webhooks-dev, accepted from 20")
    assert lines == [
        "",
        "profile     accepted  delivered  ignored  duplicate  dead  discarded  in flight  missing",
        "alma               2          1        0          0     1          0          0        0",
        "consortium         1          1        0          0     0          0          0        0",
        "all                3          2        0          0     1          0          0        0",
        "",
        "requests rejected: 1 (wrong-signature 1)",
        "reconciled",
    ]
    assert result.stderr == f"{SCOPE_LINE}reading {INGEST}\nreading {PROCESSOR}\n"


def test_f69_dead_events_that_are_partly_delivered_are_counted_once(reconcile: Command, site: Site) -> None:
    """As dead, with a line below the table; of a profile only its own."""
    site.accepted("r1", "r2", "r3")
    site.ended("dead", "r1")
    line = {"message": "outcome", "outcome": "dead", "profile": "alma", "deliveries": [{"outcome": "delivered"}, {}]}
    site.write(PROCESSOR, *(line | {"receipt_id": id_} for id_ in ("r2", "r3")), age=590)
    site.ended("delivered", "r3", age=580)
    text = reconcile()
    assert "of the 2 dead, 1 partly delivered: some of their targets have the event" in text.stdout.splitlines()
    data = data_of(reconcile("--output=json"))
    assert (data["all"]["dead"], data["partly_delivered"], data["reconciled"]) == (2, 1, True)
    other = data_of(reconcile("--alma-profile=consortium", "--output=json"))
    assert (other["all"]["dead"], other["partly_delivered"]) == (0, 0)


def test_missing_events_are_listed(reconcile: Command, site: Site) -> None:
    """The first twenty are listed with profile and time of receipt, and the exit code is 1."""
    site.accepted(*(f"receipt-{number:02}" for number in range(22)))
    result = reconcile()
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    lines = result.stdout.splitlines()
    named = [line for line in lines if line.startswith("missing: ")]
    assert len(named) == 20
    assert named[0].startswith("missing: receipt receipt-00, alma, received 20")
    assert lines[-3] == "and 2 more (--output json lists all)"
    assert "dead-letter queue" in lines[-2]
    assert lines[-1] == "22 missing"


def test_json_has_every_missing_receipt_id(reconcile: Command, site: Site) -> None:
    """It also has all counts and the data they are based on."""
    ids = [f"receipt-{number:02}" for number in range(22)]
    site.accepted(*ids)
    site.accepted("young", age=5)
    site.ended("duplicate", "unknown")
    result = reconcile("--output=json")
    data = data_of(result)
    assert result.exit_code == 1
    assert [line["receipt_id"] for line in data["missing"]] == ids
    assert {line["profile"] for line in data["missing"]} == {"alma"}
    received = datetime.fromisoformat(data["missing"][0]["received_at"])
    assert timedelta(minutes=9) < datetime.now(UTC) - received < timedelta(minutes=12)
    counts = {"accepted": 23, "delivered": 0, "ignored": 0, "duplicate": 0, "dead": 0, "discarded": 0}
    assert data["all"] == data["profiles"]["alma"] == counts | {"in_flight": 1, "missing": 22}
    assert data["profiles"]["consortium"]["accepted"] == 0
    del data["missing"], data["all"], data["profiles"], data["since"], data["until"], data["read_at"]
    assert data == {
        "stack": "alma-webhooks-dev",
        "reconciled": False,
        "partly_delivered": 0,
        "in_flight_because": {"young": 1, "retry": 0, "queued": 0},
        "rests_on": {
            "young_seconds": 120,
            "retry_seconds": 4440,
            "queue": {"visible": 0, "not_visible": 0, "delayed": 0},
        },
        "outcomes_without_accepted": {"duplicate": 1},
        "rejected": {},
        "notes": [],
    }


def test_the_text_explains_events_in_flight(reconcile: Command, site: Site) -> None:
    """It also reports outcomes without an accepted line and logs that are too short."""
    site.accepted("young", age=5)
    site.accepted("away", "queued")
    site.write(PROCESSOR, {"message": "retry", "receipt_id": "away"}, age=300)
    site.ended("delivered", "unknown")
    for text in ("away", "queued"):
        site.aws.sqs.send_message(QueueUrl=site.scope.stack.outputs["QueueUrl"], MessageBody=text)
    result = reconcile(since="100d")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1].startswith(f"The log group {INGEST} keeps lines for 90 d, so the reconciliation starts at 20")
    rest = lines[lines.index("") + 6 :]
    assert rest[0] == (
        "3 in flight: 1 accepted in the last 120 s, 1 with a retry in the last 4440 s, 1 on the webhook queue"
    )
    assert rest[1].startswith("the webhook queue holds about 2 messages (2 visible, 0 not visible, 0 delayed)")
    assert rest[2].startswith("outcomes without an accepted line: 1 (delivered 1); accepted before 20")
    assert rest[3:] == ["reconciled"]


def test_one_profile_can_be_selected(reconcile: Command, site: Site) -> None:
    """Missing events of other profiles do not count; an unknown profile is an error."""
    site.accepted("r1")
    site.accepted("r2", profile="consortium")
    site.ended("delivered", "r2", profile="consortium")
    result = reconcile("--alma-profile=consortium", "--output=json")
    assert (result.exit_code, list(data_of(result)["profiles"])) == (0, ["consortium"])
    assert data_of(result)["all"]["accepted"] == 1
    assert reconcile("--alma-profile=alma").exit_code == 1
    assert "no Alma profile 'almma'" in ended(reconcile("--alma-profile=almma"), ConfigurationError)


def test_nothing_accepted_is_reconciled(reconcile: Command) -> None:
    """The table has zeros."""
    result = reconcile()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-3:] == [
        "all                0          0        0          0     0          0          0        0",
        "",
        "reconciled",
    ]


@pytest.mark.parametrize("arguments", [("--since=soon",), ("--since=1h", "--until=2026-11-24")])
def test_times_are_checked_before_aws_is_called(arguments: tuple[str, ...]) -> None:
    """The exit code is 2, and the error names the flag."""
    result = CliRunner().invoke(app, ["reconcile", *arguments])
    assert arguments[-1].partition("=")[0] in ended(result, ConfigurationError)


def test_since_has_no_default() -> None:
    """The window must be chosen explicitly."""
    assert CliRunner().invoke(app, ["reconcile"]).exit_code == 2


def test_a_log_that_may_not_be_read_gives_no_reconciliation(reconcile: Command, site: Site) -> None:
    """An unreadable second log means that nothing is printed."""
    site.accepted("r1")
    _refuse(site, ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents"))
    sentence = ended(reconcile(), FailedError)
    assert sentence.startswith(f"AWS denied access to log group {PROCESSOR}: you need logs:FilterLogEvents")


def test_ctrl_c_ends_with_one_sentence(reconcile: Command, site: Site) -> None:
    """The exit code is 130, and there is no partial result."""
    _refuse(site, None)
    assert ended(reconcile(), StoppedError) == "Interrupted before all log lines were read, so there is no result."


def _refuse(site: Site, error: Exception | None) -> None:
    """Make reading the processor's log raise the error or Ctrl-C."""

    def interfere(params: dict[str, Any], **_: Any) -> None:
        if params["logGroupName"] == PROCESSOR:
            if error:
                raise error
            signal.raise_signal(signal.SIGINT)

    site.aws.logs.meta.events.register("before-parameter-build.cloudwatch-logs.FilterLogEvents", interfere)
