"""Tests for the IAM requests of API calls."""

from typing import Any

import pytest

from tests.iam.requests import IamRequest, normalized, requests_of

STACK = "alma-webhooks-STAGE"


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("sts", "GetCallerIdentity", {}, []),
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://x/1/q"}, [("sqs:SendMessage", "sqs:REGION:ACCOUNT:q")]),
        ("sqs", "GetQueueUrl", {"QueueName": "q"}, [("sqs:GetQueueUrl", "sqs:REGION:ACCOUNT:q")]),
        (
            *("cloudformation", "DescribeChangeSet", {"StackName": STACK, "ChangeSetName": "c"}),
            [("cloudformation:DescribeChangeSet", f"cloudformation:REGION:ACCOUNT:stack/{STACK}/ID")],
        ),
        (
            "logs",
            "FilterLogEvents",
            {"logGroupName": "/g"},
            [("logs:FilterLogEvents", "logs:REGION:ACCOUNT:log-group:/g:*")],
        ),
        (
            *(
                "logs",
                "PutLogEvents",
                {"logGroupName": "/g", "logStreamName": "replay-2026-11-29T053626.000Z-886159ab"},
            ),
            [("logs:PutLogEvents", "logs:REGION:ACCOUNT:log-group:/g:log-stream:STREAM")],
        ),
        ("dynamodb", "PutItem", {"TableName": "t"}, [("dynamodb:PutItem", "dynamodb:REGION:ACCOUNT:table/t")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "s3:::b/k")]),
        ("s3", "HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "s3:::b")]),
        (
            *("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "l"}]}}),
            [("s3:DeleteObject", "s3:::b/k"), ("s3:DeleteObject", "s3:::b/l")],
        ),
        ("sns", "CreateTopic", {"Name": "t"}, [("sns:CreateTopic", "sns:REGION:ACCOUNT:t")]),
        (
            *("ssm", "GetParameters", {"Names": ["/a", "/b"]}),
            [
                ("ssm:GetParameters", "ssm:REGION:ACCOUNT:parameter/a"),
                ("ssm:GetParameters", "ssm:REGION:ACCOUNT:parameter/b"),
            ],
        ),
        ("lambda", "Invoke", {"FunctionName": "f"}, [("lambda:InvokeFunction", "lambda:REGION:ACCOUNT:function:f")]),
        (
            "events",
            "PutEvents",
            {"Entries": [{"EventBusName": "b"}]},
            [("events:PutEvents", "events:REGION:ACCOUNT:event-bus/b")],
        ),
    ],
)
def test_a_call_has_the_request_that_iam_sees(
    service: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """The action is that of the Service Authorization Reference, and the resource its ARN."""
    wanted = [IamRequest(action, f"arn:aws:{rest}") for action, rest in expected]
    assert list(requests_of(service, operation, params)) == wanted


def test_a_service_without_a_rule_is_an_error() -> None:
    """A new service cannot be left out of the record by mistake."""
    with pytest.raises(KeyError):
        list(requests_of("kinesis", "PutRecord", {}))


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:sqs:REGION:ACCOUNT:q"),
        ("x/deploy-0f9a1b2c-0000-4000-8000-0123456789ab/y", "x/deploy-ID/y"),
        (f"x/{'0f' * 32}.zip", "x/DIGEST.zip"),
        ("x/2026-11-29T05:36:25.000Z.json", "x/TIME.json"),
    ],
)
def test_what_differs_between_runs_is_replaced(arn: str, expected: str) -> None:
    """The same request looks the same in every run."""
    assert normalized(arn) == expected
