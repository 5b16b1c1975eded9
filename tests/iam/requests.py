"""The IAM request of an API call: its action and the ARN of its resource ("Service Authorization Reference").

Account, region, stage, stack name and everything that AWS or chance chose are replaced by words, so that a request is
the same in every run: `arn:aws:sqs:REGION:ACCOUNT:alma-webhooks-STAGE-webhooks`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from tests.policies import action_of

Params = Mapping[str, Any]


class IamRequest(NamedTuple):
    """An action on a resource, both as IAM sees them."""

    action: str
    resource: str


def requests_of(service: str, operation: str, params: Params) -> Iterator[IamRequest]:
    """Yield the requests of an API call by its botocore names. Raise KeyError for a service without a rule here."""
    if action := action_of_call(service, operation):
        for resource in _RESOURCES[service](operation, params):
            yield IamRequest(action, normalized(resource))


def action_of_call(service: str, operation: str) -> str:
    """Return the IAM action of an API call by its botocore names; an empty text for one that everybody may make."""
    action = action_of({"stepfunctions": "states", "sesv2": "ses"}.get(service, service), operation)
    return "" if action in _FREE else action


def normalized(arn: str) -> str:
    """Return an ARN with words in place of what differs between runs."""
    for pattern, word in _WORDS:
        arn = re.sub(pattern, word, arn)
    return arn


# Everybody may make these calls.
_FREE: Final = frozenset({"sts:GetCallerIdentity"})

_DIGITS_OF_AN_ID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_WORDS: Final = (
    ("000000000000|123456789012", "ACCOUNT"),
    ("us-east-1", "REGION"),
    (rf"deploy-{_DIGITS_OF_AN_ID}", "deploy-ID"),
    (_DIGITS_OF_AN_ID, "ID"),
    (r"[a-z]+-\d{4}-\d{2}-\d{2}T\d{6}\.\d{3}Z-[0-9a-f]{8}", "STREAM"),
    (r"\d{4}-\d{2}-\d{2}T[\d:]+(\.\d+)?Z", "TIME"),
    ("[0-9a-f]{64}", "DIGEST"),
    ("[0-9a-f]{32}", "DIGITS"),
)


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:REGION:ACCOUNT:{rest}"


def _queue(_: str, params: Params) -> Iterator[str]:
    name = str(params.get("QueueUrl") or params.get("QueueName") or "").rpartition("/")[2]
    yield _arn("sqs", name or "*")


def _stack(_: str, params: Params) -> Iterator[str]:
    name = str(params.get("StackName", ""))
    yield (name if name.startswith("arn:") else _arn("cloudformation", f"stack/{name}/ID")) if name else "*"


def _log(operation: str, params: Params) -> Iterator[str]:
    group = params.get("logGroupName") or params.get("logGroupNamePrefix") or ""
    stream = params.get("logStreamName")
    if operation in {"CreateLogStream", "PutLogEvents"} and stream:
        yield _arn("logs", f"log-group:{group}:log-stream:{stream}")
    else:
        yield _arn("logs", f"log-group:{group}:*" if group else "*")


def _table(_: str, params: Params) -> Iterator[str]:
    yield str(params.get("ResourceArn") or _arn("dynamodb", f"table/{params['TableName']}"))


def _object(_: str, params: Params) -> Iterator[str]:
    bucket = params.get("Bucket")
    if not bucket:
        yield "*"
    elif "Delete" in params:
        yield from (f"arn:aws:s3:::{bucket}/{each['Key']}" for each in params["Delete"]["Objects"])
    else:
        yield f"arn:aws:s3:::{bucket}/{params['Key']}" if "Key" in params else f"arn:aws:s3:::{bucket}"


def _topic(_: str, params: Params) -> Iterator[str]:
    name = params.get("Name")
    arn = params.get("TopicArn") or params.get("SubscriptionArn") or params.get("ResourceArn")
    yield arn or (_arn("sns", name) if name else "*")


def _state_machine(_: str, params: Params) -> Iterator[str]:
    arn = params.get("stateMachineArn") or params.get("executionArn") or params.get("resourceArn")
    yield str(arn) if arn else "*"


def _parameter(_: str, params: Params) -> Iterator[str]:
    names = params.get("Names") or ([params["Name"]] if "Name" in params else [])
    yield from (_arn("ssm", f"parameter{name}") for name in names)
    if not names:
        yield "*"


def _function(operation: str, params: Params) -> Iterator[str]:
    name = params.get("FunctionName")
    if "UUID" in params:
        yield _arn("lambda", f"event-source-mapping:{params['UUID']}")
    elif name and operation != "ListEventSourceMappings":
        yield name if name.startswith("arn:") else _arn("lambda", f"function:{name}")
    else:
        yield "*"


def _bus(_: str, params: Params) -> Iterator[str]:
    if "Entries" in params:
        buses = {str(each.get("EventBusName", "default")) for each in params["Entries"]}
        yield from (bus if bus.startswith("arn:") else _arn("events", f"event-bus/{bus}") for bus in sorted(buses))
    else:
        name = str(params.get("Name") or params.get("EventBusName") or "*")
        yield name if name.startswith("arn:") else _arn("events", f"event-bus/{name}")


def _alarm(operation: str, params: Params) -> Iterator[str]:
    if operation == "DescribeAlarms":
        yield _arn("cloudwatch", "alarm:*")
    else:
        names = params.get("AlarmNames") or [params["AlarmName"]]
        yield from (_arn("cloudwatch", f"alarm:{name}") for name in names)


def _metrics(operation: str, params: Params) -> Iterator[str]:
    if operation.startswith(("Get", "List", "PutMetricData")):
        yield "*"
    else:
        yield from _alarm(operation, params)


def _identity(_: str, params: Params) -> Iterator[str]:
    identity = params.get("FromEmailAddress") or params.get("EmailIdentity")
    yield _arn("ses", f"identity/{identity}") if identity else "*"
    if params.get("ConfigurationSetName"):
        yield _arn("ses", f"configuration-set/{params['ConfigurationSetName']}")


def _everything(_: str, __: Params) -> Iterator[str]:
    yield "*"


_RESOURCES: Final[Mapping[str, Callable[[str, Params], Iterator[str]]]] = {
    "sqs": _queue,
    "cloudformation": _stack,
    "logs": _log,
    "dynamodb": _table,
    "s3": _object,
    "sesv2": _identity,
    "sns": _topic,
    "stepfunctions": _state_machine,
    "ssm": _parameter,
    "lambda": _function,
    "events": _bus,
    "cloudwatch": _metrics,
    "sts": _everything,
}
