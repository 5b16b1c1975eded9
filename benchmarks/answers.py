"""The responses of the stub: SSM, SQS, SNS, Step Functions, EventBridge, Lambda, DynamoDB.

A response depends on the request alone, except for the records in DynamoDB: those that were used last are remembered.
"""

import hashlib
import json
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

SECRET: Final = "invented-for-the-benchmark"  # noqa: S105 - invented  # pragma: allowlist secret -- it is invented and opens nothing

TOPIC_HASH: Final = "4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11"
TOPIC: Final = {
    "Id": {"S": TOPIC_HASH},
    "Name": {"S": "library+jobs"},
    "Integrations": {
        "L": [
            {
                "M": {
                    "name": {"S": "desk"},
                    "type": {"S": "sms"},
                    "model": {"S": "$title is due"},
                    "configuration": {"M": {"to": {"S": "+4930123456"}}},
                }
            }
        ]
    },
}
"""The only topic of notifications, as DynamoDB returns it."""

_KEPT_RECORDS: Final = 1000  # growth should show in the measured process, not here
_ID: Final = "00000000-0000-4000-8000-000000000000"
_SCOPE: Final = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([a-z0-9-]+)/aws4_request")
_ACTION: Final = re.compile(rb"(?:^|&)Action=(\w+)")
_JSON: Final = "application/x-amz-json-1.0"
_PUBLISHED: Final = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    f"<MessageId>{_ID}</MessageId></PublishResult><ResponseMetadata><RequestId>{_ID}</RequestId></ResponseMetadata>"
    "</PublishResponse>"
).encode()
_NOT_OPTED_OUT: Final = (
    '<CheckIfPhoneNumberIsOptedOutResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
    "<CheckIfPhoneNumberIsOptedOutResult><isOptedOut>false</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>"
    f"<ResponseMetadata><RequestId>{_ID}</RequestId></ResponseMetadata></CheckIfPhoneNumberIsOptedOutResponse>"
).encode()
_XML: Final = {"Publish": _PUBLISHED, "CheckIfPhoneNumberIsOptedOut": _NOT_OPTED_OUT}


class Answers:
    """Responds to requests, and counts them by service and operation."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._records: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        """Return status, content type and body. `headers` are by lower-case name."""
        scope = _SCOPE.search(headers.get("authorization", ""))
        operation = _operation(path, headers, body)
        self.counts[f"{scope[1] if scope else 'unsigned'}:{operation}"] += 1
        if operation in _XML:
            return 200, "text/xml", _XML[operation]
        if operation == "Invoke":
            return 202, _JSON, b""
        status, members = self._members(operation, body)
        return status, _JSON, json.dumps(members).encode()

    def _members(self, operation: str, body: bytes) -> tuple[int, Any]:
        if operation in _CONSTANT:
            return 200, _CONSTANT[operation](json.loads(body))
        if operation in {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}:
            return self._record(operation, json.loads(body))
        return 400, {"__type": "UnknownOperationException"}

    def _record(self, operation: str, members: Any) -> tuple[int, Any]:
        """Carry out an operation of DynamoDB, as far as the idempotency records need it: SET with plain values only."""
        key = json.dumps(members.get("Key") or {"id": members["Item"]["id"]}, sort_keys=True)
        there = self._records.get(key)
        if "Name" in members.get("Key", {}):
            return 200, {"Item": TOPIC}
        if operation == "GetItem":
            return 200, {"Item": there} if there else {}
        if operation == "DeleteItem":
            self._records.pop(key, None)
            return 200, {}
        if operation == "PutItem" and there is not None and not _is_replaced(there, members):
            self._records.move_to_end(key)  # a duplicate stays one, however many other events come
            failed = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            return 400, {"__type": failed, "message": "The conditional request failed", "Item": there}
        self._records[key] = members["Item"] if operation == "PutItem" else _updated(there or {}, members)
        self._records.move_to_end(key)
        if len(self._records) > _KEPT_RECORDS:
            self._records.popitem(last=False)
        return 200, {}


def _operation(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the operation, as in the API references."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if path.endswith("/invocations"):
        return "Invoke"
    found = _ACTION.search(body)
    return found[1].decode() if found else path


def _updated(item: dict[str, Any], members: Any) -> dict[str, Any]:
    names, values = members["ExpressionAttributeNames"], members["ExpressionAttributeValues"]
    set_to = re.findall(r"([#\w]+)\s*=\s*(:\w+)", members["UpdateExpression"])
    return {**members["Key"], **item, **{names.get(name, name): values[value] for name, value in set_to}}


def _is_replaced(item: dict[str, Any], members: Any) -> bool:
    """Return whether a write may replace an item: without a condition, or by the one of the sender that has seen it."""
    seen = members.get("ExpressionAttributeValues", {}).get(":seen")
    return "ConditionExpression" not in members or (seen is not None and item.get("write_id") == seen)


def _parameter(name: str) -> dict[str, Any]:
    return {"Name": name, "Type": "SecureString", "Value": SECRET, "Version": 1, "LastModifiedDate": time.time()}


def _parameters(names: list[str]) -> dict[str, Any]:
    missing = [name for name in names if name.endswith("/previous-secret")]
    return {"Parameters": [_parameter(name) for name in names if name not in missing], "InvalidParameters": missing}


def _started(members: Any) -> dict[str, Any]:
    arn = members["stateMachineArn"].replace(":stateMachine:", ":execution:")
    return {"executionArn": f"{arn}:{members.get('name', _ID)}", "startDate": 1778640000.0}


def _sent(members: Any) -> dict[str, Any]:
    digest = hashlib.md5(members["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": _ID, "MD5OfMessageBody": digest}


def _batch_sent(members: Any) -> dict[str, Any]:
    return {"Successful": [{"Id": each["Id"], **_sent(each)} for each in members["Entries"]], "Failed": []}


_CONSTANT: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "GetParameter": lambda members: {"Parameter": _parameter(members["Name"])},
    "GetParameters": lambda members: _parameters(members["Names"]),
    "SendMessage": _sent,
    "SendMessageBatch": _batch_sent,
    "DeleteMessage": lambda _: {},
    "ChangeMessageVisibility": lambda _: {},
    "GetQueueUrl": lambda members: {"QueueUrl": f"https://localhost/000000000000/{members['QueueName']}"},
    "StartExecution": _started,
    "PutEvents": lambda members: {"FailedEntryCount": 0, "Entries": [{"EventId": _ID} for _ in members["Entries"]]},
}
