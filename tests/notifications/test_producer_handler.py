"""The producer in a new interpreter: its settings, its clients, and one post to mocked AWS."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.notifications.gateway_events import event
from tests.notifications.test_producer_settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]
HASH = "4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11"


def run(code: str, environment: dict[str, str], data: str = "") -> "subprocess.CompletedProcess[str]":
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **keys, **environment},
        cwd=ROOT,
        input=data,
        capture_output=True,
        text=True,
        check=False,
    )


POST = """
import json, os, sys
import tests.warm_clients  # moto reads the models of services less often
from tests.mocked_aws import MockedAws
with MockedAws():
    import boto3
    dynamodb, sqs, ssm = (boto3.client(name) for name in ("dynamodb", "sqs", "ssm"))
    dynamodb.create_table(
        TableName=os.environ["NOTIFICATION_TOPICS_TABLE"],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    os.environ["NOTIFICATIONS_QUEUE_URL"] = url = sqs.create_queue(QueueName="notifications")["QueueUrl"]
    ssm.put_parameter(Name="/alma-webhooks/dev/notifications/api-key", Value="a-key", Type="SecureString")
    given = json.loads(sys.stdin.read())
    boto3.resource("dynamodb").Table(os.environ["NOTIFICATION_TOPICS_TABLE"]).put_item(Item=given["topic"])
    made = []
    make = boto3.client
    boto3.client = lambda name, **options: made.append((name, options["config"])) or make(name, **options)
    from notifications import producer_handler
    from processor.retries import CALLS, RECORD_CALLS

    class Context:
        def get_remaining_time_in_millis(self):
            return 25_000

    answers = [producer_handler.lambda_handler(each, Context()) for each in given["events"]]
    names = {CALLS: "calls", RECORD_CALLS: "records"}
    facts = {
        "answers": answers,
        "queued": sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []),
        "clients": sorted([name, names[config]] for name, config in made),
    }
    print("facts " + json.dumps(facts))
"""


def posted(*events: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Handle events, and return the facts of the child process and the lines of its log."""
    entry = {"name": "team", "type": "slack", "model": "$val1 ✓", "configuration": {"url": {"ssm": "slack-team"}}}
    topic = {"Id": HASH, "Name": "library+jobs", "Integrations": [entry]}
    completed = run(POST, {**ENVIRONMENT, "TZ": "IST-5:30"}, json.dumps({"topic": topic, "events": events}))
    assert completed.returncode == 0, completed.stderr
    *lines, facts = completed.stdout.splitlines()
    return json.loads(facts.removeprefix("facts ")), list(map(json.loads, lines))


def test_the_parts_are_connected() -> None:
    """A post is queued, a wrong key and a test event of the console are rejected, and clients have time limits."""
    good = event({"metadata": {"val1": "one"}}, x_api_key="a-key", x_topic_hash_x=HASH)
    facts, lines = posted(good, event({}, x_api_key="other"), {"Records": []})
    [message] = facts["queued"]
    assert [answer["statusCode"] for answer in facts["answers"]] == [200, 403, 404]
    assert json.loads(facts["answers"][0]["body"]) == {"team": message["MessageId"]}
    assert json.loads(message["Body"])["message"] == "one ✓"
    assert facts["clients"] == [["dynamodb", "records"], ["sqs", "calls"], ["ssm", "records"]]
    assert [line["message"] for line in lines] == ["accepted", "rejected", "rejected"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"]) for line in lines)


BAD_SETTINGS: list[dict[str, str]] = [{}, {**ENVIRONMENT, "SNS_TOPIC_ARNS": "jobs"}]
STARTED = f"""
import json, os, sys
errors = []
for settings in [*{BAD_SETTINGS}, dict(os.environ)]:
    os.environ.clear()
    os.environ.update(settings)
    try:
        from notifications import producer_handler
    except Exception as error:
        errors.append(f"{{type(error).__name__}}: {{error}}")
print(json.dumps([errors, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def started() -> tuple[list[str], set[str]]:
    """The errors of starts with bad settings, and the modules that a good start after them has imported."""
    completed = run(STARTED, ENVIRONMENT)
    assert completed.returncode == 0, completed.stderr
    errors, modules = json.loads(completed.stdout)
    assert len(errors) == len(BAD_SETTINGS)  # the good start has no error
    return errors, set(modules)


def test_the_producer_imports_neither_http_client_nor_routes(started: tuple[list[str], set[str]]) -> None:
    """The HTTP client of the sender, and the models of routes, would slow down each cold start."""
    _, modules = started
    assert "jinja2" in modules
    assert modules.isdisjoint({"requests", "requests_hardened", "processor.routing.models"})


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (0, "Missing environment variables: STAGE, NOTIFICATION_TOPICS_TABLE, NOTIFICATIONS_QUEUE_URL."),
        (1, "SNS_TOPIC_ARNS has 'jobs', which is not the ARN of an SNS topic."),
    ],
)
def test_a_bad_setting_stops_the_function_when_it_starts(
    started: tuple[list[str], set[str]], number: int, sentence: str
) -> None:
    """The error names the variables before any request is handled."""
    errors, _ = started
    assert errors[number] == f"ProducerSettingsError: {sentence}"
