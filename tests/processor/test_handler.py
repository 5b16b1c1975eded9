"""The composition root of the processor in a new interpreter: settings it needs, and events it rejects."""

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


# The packages that are installed and imported, of powertools its parts. Not those that only tests install, and that
# botocore (certifi) or Python itself (_distutils_hack) takes where it finds them.
PACKAGES = """
import re, sys, sysconfig
installed = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
names = [name for name, module in sys.modules.items() if (getattr(module, "__file__", "") or "").startswith(installed)]
parts = {re.match(r"aws_lambda_powertools(\\.utilities)?(\\.\\w+)?|\\w+", name)[0] for name in names}
print(*sorted(parts - {"certifi", "_distutils_hack"}))
"""


def handle(event: object, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return run(f"from processor.handler import lambda_handler; lambda_handler({event!r}, None)", environment)


def run(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


WIRED = """
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
        "ours": sorted(name for name, config in made if config is retries.CALLS),
        "records": sorted(name for name, config in made if config is retries.RECORD_CALLS),
    }
    print("facts " + json.dumps(facts))
"""


def test_the_root_wires_each_part_to_its_own() -> None:
    """A loan goes to its topic and poison to the dead letters; records free themselves; every client has our limits."""
    records = [record_of(envelope_of(body)) for body in (body_of("loan-created"), b"poison")]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", f"EVENT = {json.dumps({'Records': records})!r}\n{WIRED}"],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **ENVIRONMENT, **keys},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [facts] = [
        json.loads(line.removeprefix("facts ")) for line in done.stdout.splitlines() if line.startswith("facts ")
    ]
    assert facts["counts"] == {"webhooks": 0, "dead-letters": 1, "subscriber": 1}
    assert facts["expires"]
    assert facts["ours"] == ["s3", "sns", "sqs", "stepfunctions"]
    assert facts["records"] == ["dynamodb"]


@pytest.mark.parametrize(
    ("target", "client"),
    [
        ("topic: other", ["sns"]),
        ("state_machine: pod", ["stepfunctions"]),
        ("queue: arn", []),
        ("event_bus: arn", ["events"]),
        ("function: arn", ["lambda"]),
    ],
)
def test_clients_are_made_for_the_kinds_of_targets_that_routes_have(
    tmp_path: Path, target: str, client: list[str]
) -> None:
    """Beside those that any event may need, and the heartbeat; a client that no route needs is not made."""
    routes = Path(tmp_path, "routes.yaml")
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{{target}}}]\n", "utf-8")
    with OneWorker(routes) as worker:
        assert sorted(worker.clients) == sorted({"sqs", "s3", "dynamodb", "sns", *client})


def test_f36_a_log_line_has_its_time_in_utc_by_rfc3339(tmp_path: Path) -> None:
    """With milliseconds, like ingest's, in any time zone of the machine: both logs sort by it."""
    routes = Path(tmp_path, "routes.yaml")
    routes.write_text(f"{STAGES}routes:\n  - name: only\n    deliver: [{{topic: other}}]\n", "utf-8")
    with CountingAws() as aws, OneWorker(routes, aws.url, TOPICS="other", TZ="IST-5:30") as worker:
        worker.handle(record_of(envelope_of(body_of("loan-created"))))
    [line] = [line for line in worker.logged if line.get("message") == "outcome"]
    assert line["outcome"] == "delivered"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"])
    assert abs(datetime.fromisoformat(line["timestamp"]) - datetime.now(UTC)).total_seconds() < 3600


def test_the_collector_leaves_alone_what_the_start_has_made() -> None:
    """It is off until then, and on for what events leave behind."""
    code = (
        "from processor import handler; import gc, sys; sys.exit(not gc.isenabled() or gc.get_freeze_count() < 50_000)"
    )
    assert run(code, ENVIRONMENT).returncode == 0


def test_what_the_start_imports_is_in_the_list() -> None:
    """Every package costs each cold start something: one more is a decision, and a line of imported.txt."""
    done = run(f"from processor import handler\n{PACKAGES}", ENVIRONMENT)
    assert done.stdout.split() == Path(__file__).with_name("imported.txt").read_text("utf-8").split()


@pytest.mark.parametrize(
    "event",
    [{}, [], None, {"Records": None}, {"Records": [{"eventSource": "aws:sns"}]}, {"Records": ["x"]}, {"body": "x"}],
)
def test_f34_what_is_no_sqs_event_is_rejected_clearly(event: object) -> None:
    """A console's test event or another source gets one sentence that says where events go in."""
    done = handle(event, ENVIRONMENT)
    assert done.returncode == 1
    assert "ValueError: This function only accepts events from SQS" in done.stderr


def test_an_empty_batch_is_fine() -> None:
    """The handler starts with the variables of the template, and accepts an empty list of records."""
    done = handle({"Records": []}, ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_setting_stops_the_function_when_it_starts() -> None:
    """A function without its settings says which are missing before it takes an event."""
    done = handle({"Records": []}, {"STAGE": "dev"})
    assert (
        "SettingsError: Missing environment variables: TOPICS, TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS, "
        "WEBHOOK_QUEUE_ARN, " in done.stderr
    )
