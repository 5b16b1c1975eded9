"""The processor in a new interpreter: its settings, its clients, and the events that it rejects."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.processor.counting_aws import CountingAws
from tests.processor.one_worker import OneWorker
from tests.processor.test_settings import ENVIRONMENT
from tests.samples import STAGES, body_of, envelope_of, record_of

ROOT = Path(__file__).parents[2]


# The imported packages, and the parts of powertools. Without those that only tests install, and that
# botocore (certifi) or Python itself (_distutils_hack) imports if they are installed.
PACKAGES = """
import re, sys, sysconfig
installed = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
names = [name for name, module in sys.modules.items() if (getattr(module, "__file__", "") or "").startswith(installed)]
parts = {re.match(r"aws_lambda_powertools(\\.utilities)?(\\.\\w+)?|\\w+", name)[0] for name in names}
print(*sorted(parts - {"certifi", "_distutils_hack"}))
"""


def handle(event: object, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return run(f"from processor.handler import lambda_handler; lambda_handler({event!r}, None)", environment)


# Packaging puts the routes beside the handler; a checkout has none there.
WITH_ROUTES = """
from pathlib import Path
from processor.routing import compile
load = compile.load
compile.load = lambda _: load(Path("examples/complete/routes.yaml"))
"""


def run(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", WITH_ROUTES + code],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


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


def test_the_parts_are_connected() -> None:
    """A loan goes to its topic, an invalid body becomes a dead letter, records expire, clients have time limits."""
    records = [record_of(envelope_of(body)) for body in (body_of("loan-created"), b"poison")]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    completed = subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", f"EVENT = {json.dumps({'Records': records})!r}\n{WIRED}"],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **ENVIRONMENT, **keys},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    [facts] = [
        json.loads(line.removeprefix("facts ")) for line in completed.stdout.splitlines() if line.startswith("facts ")
    ]
    assert facts["counts"] == {"webhooks": 0, "dead-letters": 1, "subscriber": 1}
    assert facts["expires"]
    assert facts["calls"] == ["s3", "sns", "sqs", "stepfunctions"]
    assert facts["records"] == ["dynamodb"]


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
    tmp_path: Path, target: str, client: list[str]
) -> None:
    """The handler makes clients that any event can need, and those that routes need."""
    routes = Path(tmp_path, "routes.yaml")
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{{target}}}]\n", "utf-8")
    with OneWorker(routes, NOTIFICATION_TOPICS_TABLE="topics", NOTIFICATIONS_QUEUE="queue") as worker:
        assert sorted(worker.clients) == sorted({"sqs", "s3", "dynamodb", "sns", *client})


IMPORTED = Path(__file__).with_name("imported.txt").read_text("utf-8").split()
OUR_MODULES = """
import sys
from processor import handler
print(*sorted(name for name in sys.modules if name.startswith("notifications")))
"""


@pytest.mark.parametrize(
    ("target", "queue", "is_imported"),
    [("topic: other", "queue", False), ("notification: a/b", "", False), ("notification: a/b", "queue", True)],
)
def test_notifications_are_imported_only_for_a_route_that_needs_them(
    tmp_path: Path, target: str, queue: str, is_imported: bool
) -> None:
    """Their modules would slow down each cold start of a stack without notifications. They need no other package."""
    routes = Path(tmp_path, "routes.yaml")
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{{target}}}]\n", "utf-8")
    code = f"{OUR_MODULES}{PACKAGES}".replace(
        "from processor", f"compile.load = lambda _: load(Path({str(routes)!r}))\nfrom processor"
    )
    ours, packages = run(
        code, {**ENVIRONMENT, "NOTIFICATION_TOPICS_TABLE": "topics", "NOTIFICATIONS_QUEUE": queue}
    ).stdout.splitlines()
    found = ours.split()
    assert packages.split() == IMPORTED
    assert bool(found) == is_imported
    assert {"notifications.publisher", "notifications.topic_table"} <= {*found} or not is_imported
    assert {"notifications.sender", "notifications.exchange"}.isdisjoint(found)


def test_f36_a_log_line_has_its_time_in_utc_by_rfc3339(tmp_path: Path) -> None:
    """The time has milliseconds, like that of ingest, in any time zone of the machine, so that both logs sort by it."""
    routes = Path(tmp_path, "routes.yaml")
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{topic: other}}]\n", "utf-8")
    with CountingAws() as aws, OneWorker(routes, aws.url, TOPICS="other", TZ="IST-5:30") as worker:
        worker.handle(record_of(envelope_of(body_of("loan-created"))))
    [line] = [line for line in worker.logged if line.get("message") == "outcome"]
    assert line["outcome"] == "delivered"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"])
    assert abs(datetime.fromisoformat(line["timestamp"]) - datetime.now(UTC)).total_seconds() < 3600


@pytest.fixture(scope="module")
def started() -> list[str]:
    """The packages that a handler has imported when it has started, and the state of its garbage collector."""
    collector = "import gc\nprint(gc.isenabled(), gc.get_freeze_count() >= 50_000)"
    return run(f"from processor import handler\n{PACKAGES}\n{collector}", ENVIRONMENT).stdout.splitlines()


def test_the_garbage_collector_ignores_objects_of_the_start(started: list[str]) -> None:
    """The collector is off during the start, and on for objects of events."""
    assert started[1] == "True True"


def test_every_package_imported_at_the_start_is_listed(started: list[str]) -> None:
    """Every package slows down each cold start, so a new one needs a line in imported.txt."""
    assert started[0].split() == IMPORTED


OTHER_EVENTS: list[object] = [
    {},
    [],
    None,
    {"Records": None},
    {"Records": [{"eventSource": "aws:sns"}]},
    {"Records": ["x"]},
    {"body": "x"},
]

REJECTED = f"""
from processor.handler import lambda_handler
for event in {OTHER_EVENTS!r}:
    try:
        lambda_handler(event, None)
    except ValueError as error:
        print(error)
"""


def test_f34_any_other_event_is_rejected_clearly() -> None:
    """A test event of the console gets one sentence that says where events go."""
    completed = run(REJECTED, ENVIRONMENT)
    assert completed.returncode == 0, completed.stderr
    sentence = "This function only accepts events from SQS; post webhooks to the webhook URL instead."
    assert completed.stdout.splitlines() == [sentence] * len(OTHER_EVENTS)


def test_an_empty_batch_is_accepted() -> None:
    """The handler starts with the variables of the template, and accepts an empty list of records."""
    completed = handle({"Records": []}, ENVIRONMENT)
    assert (completed.returncode, completed.stderr) == (0, "")


def test_a_missing_setting_stops_the_function_when_it_starts() -> None:
    """The error lists all missing settings before any event is handled."""
    completed = handle({"Records": []}, {"STAGE": "dev"})
    assert (
        "SettingsError: Missing environment variables: TOPICS, TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS, "
        "WEBHOOK_QUEUE_ARN, " in completed.stderr
    )
