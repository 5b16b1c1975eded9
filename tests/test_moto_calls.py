"""What moto answers in less time is what it answers by itself."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from moto.core.request import Request
from moto.sqs.models import sqs_backends

from tests import moto_calls
from tests.mocked_aws import MockedAws

BUCKET = "example-bucket"
KEY = "loans/2026 \u00fc+%2F=?.json"
TABLE = "Table"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/events"

EACH_OTHER = {"date", "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"}
"""The headers that differ in each answer."""

Calls = Callable[..., Any]

READING: dict[str, Calls] = {
    "a query in a form": lambda make: make("sns").list_topics(),
    "an error": lambda make: make("sns").get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:123456789012:absent"),
    "a number in JSON": lambda make: make("dynamodb").get_item(TableName=TABLE, Key={"id": {"N": "7"}}),
    "attributes of a table": lambda make: make("dynamodb").describe_table(TableName=TABLE),
    "a URL with an encoded key": lambda make: make("s3").head_object(Bucket=BUCKET, Key=KEY),
    "a query string": lambda make: make("s3").list_objects_v2(Bucket=BUCKET, Prefix="loans/2026 ", MaxKeys=2),
    "attributes of a queue": lambda make: make("sqs").get_queue_attributes(QueueUrl=QUEUE, AttributeNames=["All"]),
    "an empty list": lambda make: make("logs").describe_log_groups(logGroupNamePrefix="/aws/"),
    "a path with a name": lambda make: make("lambda").get_function(FunctionName="absent"),
    "a service without a region": lambda make: make("iam").list_roles(),
    "an error in JSON": lambda make: make("secretsmanager").get_secret_value(SecretId="absent"),
    "an error of a path": lambda make: make("s3").get_bucket_location(Bucket="absent"),
    "an account": lambda make: make("sts").get_caller_identity(),
}

SENDING: dict[str, Calls] = {
    "a body that is not ASCII": lambda make: make("sqs").send_message(QueueUrl=QUEUE, MessageBody='{"\u00fc": 1}'),
    "several messages": lambda make: make("sqs").send_message_batch(
        QueueUrl=QUEUE, Entries=[{"Id": "1", "MessageBody": "a&b=c"}]
    ),
    "a body in chunks": lambda make: make("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"\xff\x00"),
    "metadata with an underscore, and no body": lambda make: make("s3").copy_object(
        Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": KEY}, Metadata={"my_key": "1", "its-key": "2"}
    ),
    "an attribute in a form": lambda make: make("sns").publish(
        TopicArn="arn:aws:sns:us-east-1:123456789012:absent",
        Message="a+b",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "\u00fc"}},
    ),
    "a removal": lambda make: make("s3").delete_object(Bucket=BUCKET, Key="absent"),
}


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Make clients of an account with a bucket, a table and a queue that holds a message."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with MockedAws():
        made = functools.cache(functools.partial(boto3.Session(region_name="us-east-1").client))
        made("s3").create_bucket(Bucket=BUCKET)
        made("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"1")
        made("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
        )
        made("dynamodb").put_item(TableName=TABLE, Item={"id": {"N": "7"}, "set": {"SS": ["a", "b"]}})
        made("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}", Description="a role")
        made("sqs").create_queue(QueueName="events")
        made("sqs").send_message(QueueUrl=QUEUE, MessageBody="1")
        yield made


@pytest.mark.parametrize("call", READING.values(), ids=READING)
def test_an_answer_is_that_of_moto_alone(make: Calls, call: Calls) -> None:
    """The content, the status and the headers are the same; request identifiers and times are not compared."""
    quick = answer(call, make)
    with own_code():
        assert answer(call, make) == quick


@pytest.mark.parametrize("call", (READING | SENDING).values(), ids=READING | SENDING)
def test_a_request_is_read_as_by_moto_alone(make: Calls, call: Calls) -> None:
    """Every part of a request that moto reads is the same."""
    sent = prepared(call, make)
    quick = parts(sent)
    with own_code():
        assert parts(sent) == quick


def test_a_message_is_retained_as_long_as_by_moto_alone(make: Calls) -> None:
    """A message that is older than the four days of its queue is gone, and a younger one is not."""
    (message,) = sqs_backends["123456789012"]["us-east-1"].queues["events"].messages
    for days, count in ((3.9, 1), (4.1, 0)):
        message.sent_timestamp = (time.time() - days * 86_400) * 1000  # type: ignore[assignment] # moto declares None
        assert received(make) == count
        with own_code():
            assert received(make) == count


@contextmanager
def own_code() -> Iterator[None]:
    """Give moto its own code back, for a while."""
    moto_calls.remove()
    try:
        yield
    finally:
        moto_calls.install()


def answer(call: Calls, make: Calls) -> dict[str, Any]:
    """Return the answer or the error of a call."""
    try:
        answered = call(make)
    except ClientError as error:
        answered = error.response
    about = answered["ResponseMetadata"]
    about.pop("RequestId", None)
    about["HTTPHeaders"] = {name: text for name, text in about["HTTPHeaders"].items() if name not in EACH_OTHER}
    return dict(answered)


def prepared(call: Calls, make: Calls) -> AWSPreparedRequest:
    """Return the request that a call sends."""
    requests: list[AWSPreparedRequest] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> None:
        requests.append(request)

    def making(service: str) -> Any:
        client = make(service)
        client.meta.events.register_first("before-send", keep)
        return client

    with suppress(ClientError):
        call(making)
    return requests[0]


def parts(sent: AWSPreparedRequest) -> dict[str, Any]:
    """Return what moto can read in a request, which may have read its body before."""
    sent.reset_stream()
    read = Request.from_primitives(sent.method, sent.url, sent.headers, sent.body)
    names = ("method", "url", "full_path", "raw_path", "raw_url", "host", "content_length", "content_type")
    return {name: getattr(read, name) for name in names} | {
        "headers": sorted(read.headers),
        "arguments": list(read.args.items(multi=True)),
        "form": list(read.form.items(multi=True)),
        "body": read.get_data(),
    }


def received(make: Calls) -> int:
    """Return how many messages the queue gives, without hiding them."""
    messages = make("sqs").receive_message(QueueUrl=QUEUE, VisibilityTimeout=0).get("Messages", [])
    return len(messages)
