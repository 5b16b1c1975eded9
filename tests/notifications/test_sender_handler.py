"""The sender in a new interpreter: its settings, its clients, and the events that it rejects."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from notifications.notification import Notification
from tests.notifications.sender_case import queued
from tests.notifications.test_sender_settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}

WIRED = """
import json, os, sys
import boto3
made = []
make = boto3.client
from moto import mock_aws
with mock_aws():
    sqs, dynamodb, ses = (boto3.client(name) for name in ("sqs", "dynamodb", "sesv2"))
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("notifications", "dead-letters")}
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    ses.create_email_identity(EmailIdentity="library@example.org")
    os.environ |= {"NOTIFICATIONS_QUEUE_URL": urls["notifications"], "DEAD_LETTER_QUEUE_URL": urls["dead-letters"]}
    boto3.client = lambda name, **options: made.append(name) or make(name, **options)
    from notifications import sender_handler

    class Context:
        def get_remaining_time_in_millis(self):
            return 25_000

    at_start = sorted(made)
    rejected = []
    for event in EVENTS:
        try:
            sender_handler.lambda_handler(event, Context())
        except ValueError as error:
            rejected.append(str(error))
    sender_handler.lambda_handler({"Records": RECORDS}, Context())
    dead = sqs.receive_message(QueueUrl=urls["dead-letters"], MessageAttributeNames=["All"]).get("Messages", [])
    facts = {
        "at_start": at_start,
        "later": made[len(at_start):],
        "rejected": rejected,
        "states": [item["state"]["S"] for item in dynamodb.scan(TableName="table")["Items"]],
        "dead": [message["MessageAttributes"]["failure"]["StringValue"] for message in dead],
    }
    print("facts " + json.dumps(facts))
"""

STARTED = """
import os, sys
needed = {name: os.environ.pop(name) for name in NEEDED}
try:
    from notifications import sender_handler
except Exception as error:
    print(f"{type(error).__name__}: {error}")
os.environ |= needed
from notifications import sender_handler
print(*sorted({name.split(".")[0] for name in sys.modules} & {"jinja2", "yaml", "moto", "requests", "pydantic"}))
"""


def run(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **KEYS, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def mail(name: str, **credentials: Any) -> dict[str, Any]:
    given = {"type": "email", "from": "library@example.org", "subject": "Jobs", **credentials}
    return queued(Notification(name, given, "All jobs have ended.", "0" * 64, "library+jobs"))


def test_the_parts_are_connected() -> None:
    """A mail is sent, an invalid one is a dead letter, events from elsewhere are rejected, clients are made lazily."""
    others: list[Any] = [{}, [], None, {"Records": None}, {"Records": [{"eventSource": "aws:sns"}]}, {"Records": ["x"]}]
    records = [mail("good", to=["a@example.org"]), mail("bad", to=[])]
    completed = run(f"RECORDS, EVENTS = {records!r}, {others!r}\n{WIRED}", ENVIRONMENT)
    assert completed.returncode == 0, completed.stderr
    [line] = [line for line in completed.stdout.splitlines() if line.startswith("facts ")]
    facts = json.loads(line.removeprefix("facts "))
    assert facts["at_start"] == ["dynamodb", "sqs"]
    assert facts["later"] == ["sesv2"]
    assert facts["states"] == ["accepted"]
    assert len(facts["dead"]) == 1
    assert len(facts["rejected"]) == len(others)
    assert set(facts["rejected"]) == {
        "This function only accepts events from SQS; post notifications to their API instead."
    }


def test_the_start_needs_its_settings_and_neither_jinja2_nor_yaml() -> None:
    """Missing settings are listed before any event; the sender renders nothing, and imports slow down each start."""
    needed = ["SENDER_TABLE", "NOTIFICATIONS_QUEUE_URL"]
    completed = run(f"NEEDED = {needed}\n{STARTED}", ENVIRONMENT)
    assert completed.stdout.splitlines() == [
        "SenderSettingsError: Missing environment variables: NOTIFICATIONS_QUEUE_URL, SENDER_TABLE.",
        "pydantic requests",
    ], completed.stderr
