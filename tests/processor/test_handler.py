"""The processor in a new interpreter: its settings, its clients, and the events that it rejects."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.processor.handler_starts import PACKAGES, HandlerStarts
from tests.processor.test_settings import ENVIRONMENT
from tests.samples import STAGES, body_of, envelope_of, record_of

ROOT = Path(__file__).parents[2]


# Packaging puts the routes beside the handler; a checkout has none there.
WITH_ROUTES = """
from pathlib import Path
from processor.routing import compile
load = compile.load
compile.load = lambda _: load(Path("examples/complete/routes.yaml"))
"""

WIRED = (
    f"{WITH_ROUTES}\n"
    + """
import json
from moto import mock_aws
with mock_aws():
    import boto3
    sqs, sns, s3, dynamodb = (boto3.client(name) for name in ("sqs", "sns", "s3", "dynamodb"))
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("webhooks", "dead-letters", "subscriber")}
    s3.create_bucket(Bucket="bucket")
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    topic = sns.create_topic(Name="stack-loan-created")["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=urls["subscriber"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    import os
    os.environ |= {"WEBHOOK_QUEUE_URL": urls["webhooks"], "DEAD_LETTER_QUEUE_URL": urls["dead-letters"]}
    os.environ["TOPIC_ARN_PREFIX"] = topic.removesuffix("loan-created")
    made = []
    make = boto3.client
    boto3.client = lambda name, **options: made.append((name, options["config"])) or make(name, **options)
    from tests.moto_alone import let_moto_answer
    let_moto_answer()
    from processor import handler, retries

    class Context:
        def get_remaining_time_in_millis(self):
            return 25_000

    handler.lambda_handler(json.loads(EVENT), Context())
    [record] = dynamodb.scan(TableName="table")["Items"]
    counts = {name: len(sqs.receive_message(QueueUrl=url).get("Messages", [])) for name, url in urls.items()}
    facts = {
    "counts": counts,
        "expires": "in_progress_expiration" in record,
        "calls": sorted(name for name, config in made if config is retries.CALLS),
        "records": sorted(name for name, config in made if config is retries.RECORD_CALLS),
    }
    print("facts " + json.dumps(facts))
"""
)


def run(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """The lines of the log for a loan and an invalid body, in a time zone other than UTC, and then the facts."""
    records = [record_of(envelope_of(body)) for body in (body_of("loan-created"), b"poison")]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "TZ": "IST-5:30"}
    completed = run(f"EVENT = {json.dumps({'Records': records})!r}\n{WIRED}", {**ENVIRONMENT, **keys})
    assert completed.returncode == 0, completed.stderr
    return [json.loads(line.removeprefix("facts ")) for line in completed.stdout.splitlines()]


def test_the_parts_are_connected(lines: list[dict[str, Any]]) -> None:
    """A loan goes to its topic, an invalid body becomes a dead letter, records expire, clients have time limits."""
    facts = lines[-1]
    assert facts["counts"] == {"webhooks": 0, "dead-letters": 1, "subscriber": 1}
    assert facts["expires"]
    assert facts["calls"] == ["s3", "sns", "sqs", "stepfunctions"]
    assert facts["records"] == ["dynamodb"]


def test_f36_a_log_line_has_its_time_in_utc_by_rfc3339(lines: list[dict[str, Any]]) -> None:
    """The time has milliseconds, like that of ingest, in any time zone of the machine, so that both logs sort by it."""
    [line] = [line for line in lines if line.get("outcome") == "delivered"]
    assert line["message"] == "outcome"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"])
    assert abs(datetime.fromisoformat(line["timestamp"]) - datetime.now(UTC)).total_seconds() < 3600


@pytest.fixture(scope="module")
def starts() -> Iterator[HandlerStarts]:
    """An interpreter for all starts with other routes."""
    with HandlerStarts({**ENVIRONMENT, "NOTIFICATION_TOPICS_TABLE": "topics"}) as starts:
        yield starts


def routes_to(folder: Path, target: str) -> Path:
    """Return a file of routes that deliver to this target only."""
    routes = folder / "routes.yaml"
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{{target}}}]\n", "utf-8")
    return routes


@pytest.mark.parametrize(
    ("target", "client"),
    [
        ("topic: other", ["sns"]),
        ("queue: arn", []),
        ("notification: library/jobs", []),
        *(
            pytest.param(target, [client], marks=pytest.mark.full)
            for target, client in (
                ("state_machine: pod", "stepfunctions"),
                ("event_bus: arn", "events"),
                ("function: arn", "lambda"),
            )
        ),
    ],
)
def test_clients_are_made_for_the_kinds_of_targets_that_routes_have(
    starts: HandlerStarts, tmp_path: Path, target: str, client: list[str]
) -> None:
    """The handler makes clients that any event can need, and those that routes need."""
    start = starts.start(routes_to(tmp_path, target), NOTIFICATIONS_QUEUE="queue")
    assert start.clients == sorted({"sqs", "s3", "dynamodb", "sns", *client})


IMPORTED = Path(__file__).with_name("imported.txt").read_text("utf-8").split()


@pytest.mark.parametrize(
    ("target", "queue", "is_imported"),
    [("topic: other", "queue", False), ("notification: a/b", "", False), ("notification: a/b", "queue", True)],
)
def test_notifications_are_imported_only_for_a_route_that_needs_them(
    starts: HandlerStarts, tmp_path: Path, target: str, queue: str, is_imported: bool
) -> None:
    """Their modules would slow down each cold start of a stack without notifications. They need no other package."""
    start = starts.start(routes_to(tmp_path, target), NOTIFICATIONS_QUEUE=queue)
    found = [name for name in start.modules if name.startswith("notifications")]
    assert start.packages == IMPORTED
    assert bool(found) == is_imported
    assert {"notifications.publisher", "notifications.topic_table"} <= {*found} or not is_imported
    assert {"notifications.sender", "notifications.exchange"}.isdisjoint(found)


OTHER_EVENTS: list[object] = [
    {},
    [],
    None,
    {"Records": None},
    {"Records": [{"eventSource": "aws:sns"}]},
    {"Records": ["x"]},
    {"body": "x"},
]

STARTED = f"""
import gc, json, os
{WITH_ROUTES}
needed = {{name: os.environ.pop(name) for name in {[name for name in ENVIRONMENT if name != "STAGE"]}}}
errors = []
try:
    from processor import handler
except Exception as error:
    errors.append(f"{{type(error).__name__}}: {{error}}")
os.environ |= needed
from processor import handler
collector = [gc.isenabled(), gc.get_freeze_count() >= 50_000]
{PACKAGES}
imported = packages()
for event in [*{OTHER_EVENTS!r}, {{"Records": []}}]:
    try:
        handler.lambda_handler(event, None)
    except ValueError as error:
        errors.append(str(error))
print(json.dumps({{"errors": errors, "collector": collector, "packages": imported}}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """What a handler reports that starts first without its settings, then with them, and gets events of others."""
    completed = run(STARTED, ENVIRONMENT)
    assert (completed.returncode, completed.stderr) == (0, "")
    facts: dict[str, Any] = json.loads(completed.stdout)
    return facts


def test_the_garbage_collector_ignores_objects_of_the_start(started: dict[str, Any]) -> None:
    """The collector is off during the start, and on for objects of events."""
    assert started["collector"] == [True, True]


def test_every_package_imported_at_the_start_is_listed(started: dict[str, Any]) -> None:
    """Every package slows down each cold start, so a new one needs a line in imported.txt."""
    assert started["packages"] == IMPORTED


def test_f34_any_other_event_is_rejected_clearly(started: dict[str, Any]) -> None:
    """A test event of the console gets one sentence that says where events go."""
    sentence = "This function only accepts events from SQS; post webhooks to the webhook URL instead."
    assert started["errors"][1:] == [sentence] * len(OTHER_EVENTS)


def test_an_empty_batch_is_accepted(started: dict[str, Any]) -> None:
    """The handler starts with the variables of the template, and accepts an empty list of records."""
    assert len(started["errors"]) == 1 + len(OTHER_EVENTS)


def test_a_missing_setting_stops_the_function_when_it_starts(started: dict[str, Any]) -> None:
    """The error lists all missing settings before any event is handled."""
    sentence = "Missing environment variables: TOPICS, TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS, WEBHOOK_QUEUE_ARN, "
    assert started["errors"][0].startswith(f"SettingsError: {sentence}")
