"""The fill function and the read API as the template configures them, and that their roles allow what they ask for."""

import importlib
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel
from loan_cache.assembly import token_key

from notifications.secret_values import SecretValues
from processor.errors import Permanent
from tests.examples.loan_cache.alma_world import USER, loan, request
from tests.examples.loan_cache.template import TABLES, TEMPLATE, make_tables, properties
from tests.iam import loan_cache
from tests.iam.requests import IamRequest, requests_of
from tests.loopback import Behaviour, Loopback, answer
from tests.notifications.tls_server import authority_pem, tls

STACK = "alma-webhooks-STAGE-loan-cache"
QUEUES = {"FillQueue": "fills", "FillDeadLetterQueue": "fill-dead-letters"}
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 25_000)

FILLED = [
    answer({"primary_id": USER}),
    answer({"total_record_count": 1, "item_loan": [loan(1)]}),
    answer({"total_record_count": 1, "user_request": [request(1)]}),
]
THROTTLED = answer({"errorList": {"error": [{"errorCode": "DAILY_THRESHOLD"}]}}, 429)
# Of the calls that only Lambda makes, and of those that the tests of each module make.
NOT_HERE = {
    "fill": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "dynamodb:BatchWriteItem"},
    "read": set[str](),
}


pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def made() -> set[IamRequest]:
    """Return the requests that clients make from now on."""
    found: set[IamRequest] = set()

    def look(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        found.update(requests_of(model.service_model.service_name, model.name, params))

    session: Any = boto3.client
    session.__self__.events.register("provide-client-params", look)  # of the fixture `aws`
    return found


def value_of(given: Any, names: dict[str, str]) -> str:
    """Return the value of a variable: a text, the name of a resource, or the default of a parameter."""
    if isinstance(given, str):
        return given
    return names.get(given["Ref"]) or str(TEMPLATE["Parameters"][given["Ref"]].get("Default", ""))


def handler_of(function: str, alma: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], Any]:
    """Return a handler, started as Lambda starts it, with the names of the stack and a server in place of Alma."""
    dynamodb, sqs, ssm = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("ssm")
    names = {logical_id: f"{STACK}-{table}" for table, logical_id in (TABLES | {"pace": "PaceTable"}).items()}
    make_tables(dynamodb, prefix=f"{STACK}-", tables=TABLES | {"pace": "PaceTable"})
    for logical_id, queue in QUEUES.items():
        names[logical_id] = sqs.create_queue(QueueName=f"{STACK}-{queue}")["QueueUrl"]
    for secret in ("alma-api-key", "token-key"):
        ssm.put_parameter(Name=f"/alma-webhooks/STAGE/loan-cache/{secret}", Value="invented" * 4, Type="SecureString")
    names |= {"Stage": "STAGE", "AlmaApiHost": "alma.example", "Emulated": "true"}
    variables = properties(function)["Environment"]["Variables"]
    for name, given in variables.items():
        monkeypatch.setenv(name, value_of(given, names))
    monkeypatch.setenv("LOCAL_RECEIVER_PORT", alma.rpartition(":")[2])
    monkeypatch.setenv("LOCAL_RECEIVER_AUTHORITY", authority_pem())
    module = properties(function)["Handler"].removesuffix(".lambda_handler")
    monkeypatch.delitem(sys.modules, module, raising=False)
    handler: Callable[[Any, Any], Any] = importlib.import_module(module).lambda_handler
    return handler


def message(body: str, receives: str = "1") -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": receives, "SentTimestamp": "4000000000000"}
    record = {"eventSource": "aws:sqs", "body": body, "receiptHandle": "r", "attributes": attributes}
    return {"Records": [record]}


def check_rights(name: str, made: set[IamRequest]) -> None:
    """Fail if the function made a request that is not listed, or did not make one that is."""
    assert made <= loan_cache.MADE[name]
    assert {each for each in loan_cache.MADE[name] - made if each.action not in NOT_HERE[name]} == set()


def test_the_fill_function_fills_waits_and_writes_dead_letters(
    made: set[IamRequest], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its log does not name the patron. It asks for what its role allows."""
    with Loopback(*FILLED, THROTTLED, tls=tls()) as alma:
        handler = handler_of("FillFunction", alma.url, monkeypatch)
        made.clear()
        body = json.dumps({"user": USER})
        handler(message(body), CONTEXT)
        with pytest.raises(Exception, match="too many requests"):
            handler(message(body), CONTEXT)
        handler(message(body, receives="8"), CONTEXT)
        handler(message("{}"), CONTEXT)
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    outcomes = [(line["message"], line.get("outcome")) for line in lines]
    assert outcomes == [("outcome", "filled"), ("retry", None), ("outcome", "sent-again"), ("outcome", "dead")]
    assert [lines[0][name] for name in ("listed", "superseded", "removed")] == [2, 0, 0]
    assert USER not in printed
    check_rights("fill", made)


def test_the_read_api_answers_from_alma(
    made: set[IamRequest], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Page by page; its log does not name the patron. It asks for what its role allows."""
    pages: list[Behaviour] = [answer({"total_record_count": 2, "item_loan": [loan(each)]}) for each in (1, 2)]
    with Loopback(*pages, answer({"total_record_count": 0}), tls=tls()) as alma:
        handler = handler_of("ReadFunction", alma.url, monkeypatch)
        made.clear()
        first = read(handler, "loans", limit="1")
        second = read(handler, "loans", limit="1", token=first["next"])
        boto3.client("dynamodb").put_item(
            TableName=f"{STACK}-users",
            Item={"User": {"S": USER}, "FilledAt": {"N": "1780000000000"}, "ExpiresAt": {"N": "4000000000"}},
        )
        made -= {each for each in made if each.action == "dynamodb:PutItem"}
        assert read(handler, "requests")["source"] == read(handler, "loans")["source"] == "cache"
    assert [page["loans"][0]["loan_id"] for page in (first, second)] == ["loan-00001", "loan-00002"]
    assert USER not in capsys.readouterr().out
    check_rights("read", made)


def test_a_short_key_of_tokens_is_refused() -> None:
    """It could be guessed."""
    secrets = SecretValues(lambda: boto3.client("ssm"), "dev", part="loan-cache")
    name = "/alma-webhooks/dev/loan-cache/token-key"
    boto3.client("ssm").put_parameter(Name=name, Value="x" * 31, Type="SecureString")
    with pytest.raises(Permanent, match=f"the parameter {name} has fewer than 32 characters"):
        token_key(secrets)


def read(handler: Callable[[Any, Any], Any], what: str, **query: str) -> dict[str, Any]:
    event = {
        "routeKey": f"GET /users/{{id}}/{what}",
        "pathParameters": {"id": USER},
        "queryStringParameters": query,
    }
    response = handler(event, CONTEXT)
    assert response["statusCode"] == 200, response
    members: dict[str, Any] = json.loads(response["body"])
    return members
