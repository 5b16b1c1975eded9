"""Tests of the two functions as the template configures them: their environment and their clients."""

import importlib
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from loan_cache.settings import EventSettings, SettingsError, TableNames

from tests.examples.loan_cache.bodies import USER, loan
from tests.examples.loan_cache.template import TABLES, make_tables, properties

QUEUES = {"LoanQueue": "events", "LoanDeadLetterQueue": "dead", "FillQueue": "fills"}
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 25_000)


def environment(function: str) -> dict[str, str]:
    """Return the environment that the template gives a function, with the names of this test."""
    variables = properties(function)["Environment"]["Variables"]
    names = {logical_id: table for table, logical_id in TABLES.items()}
    for logical_id, name in QUEUES.items():
        names[logical_id] = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return {name: names[value["Ref"]] if isinstance(value, dict) else value for name, value in variables.items()}


def loaded(function: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module of a function's handler, started as Lambda starts it."""
    for name, value in environment(function).items():
        monkeypatch.setenv(name, value)
    make_tables(boto3.client("dynamodb"))
    module = properties(function)["Handler"].removesuffix(".lambda_handler")
    monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(module)


def record(body: bytes) -> dict[str, Any]:
    return {
        "eventSource": "aws:sqs",
        "body": body.decode(),
        "receiptHandle": "r",
        "messageAttributes": {},
        "attributes": {},
    }


@pytest.mark.usefixtures("aws")
def test_the_event_function_applies_events_and_writes_dead_letters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event of now is in the table; one without a time is a dead letter. The log has no patron."""
    handler = loaded("EventFunction", monkeypatch)
    handler.lambda_handler({"Records": [record(loan(time=None))]}, CONTEXT)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines if line["message"] == "outcome"] == ["dead"]
    sqs = boto3.client("sqs")
    dead = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="dead")["QueueUrl"])["Messages"]
    assert json.loads(dead[0]["Body"])["action"] == "LOAN"


@pytest.mark.usefixtures("aws")
def test_the_forget_function_returns_what_remains(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its answer is JSON, and its log does not name the patron."""
    handler = loaded("ForgetFunction", monkeypatch)
    answer = handler.lambda_handler({"user": f" {USER.upper()} "}, CONTEXT)
    assert answer["deleted"] == 0
    assert len(json.loads(json.dumps(answer["remaining"]))) == 9
    assert boto3.client("dynamodb").get_item(TableName="users", Key={"User": {"S": USER}})["Item"]
    assert USER not in capsys.readouterr().out.lower()
    for event in (None, {}, {"user": 7}, {"user": " "}):
        with pytest.raises(ValueError, match="user"):
            handler.lambda_handler(event, CONTEXT)


def test_all_missing_variables_are_named_at_once() -> None:
    """A mistake in a changed template shows at the first start."""
    with pytest.raises(SettingsError, match="LOANS_TABLE, REQUESTS_TABLE, QUEUE_URL, DEAD_LETTER_QUEUE_URL, FILL"):
        EventSettings.from_environment({"USERS_TABLE": "users"})
    with pytest.raises(SettingsError, match="USERS_TABLE"):
        TableNames.from_environment({})
    everything = dict.fromkeys(
        ("USERS_TABLE", "LOANS_TABLE", "REQUESTS_TABLE", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "FILL_QUEUE_URL"), "x"
    )
    numbers = {"MAX_RECEIVE_COUNT": "8", "VISIBILITY_TIMEOUT": "three", "FUNCTION_TIMEOUT": "30"}
    with pytest.raises(SettingsError, match="VISIBILITY_TIMEOUT is not a whole number"):
        EventSettings.from_environment(everything | numbers)
