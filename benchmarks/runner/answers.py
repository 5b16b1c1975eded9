"""The responses of the stub: SSM, SQS, SNS, Step Functions, EventBridge, Lambda, DynamoDB.

An answer depends on the request alone, but for the records in DynamoDB, of which it remembers the latest.
"""

import hashlib
import json
import re
import time
from collections import Counter, OrderedDict
from typing import Any, NamedTuple

SECRET = "invented-for-the-benchmark"  # noqa: S105 - invented  # pragma: allowlist secret -- it is invented and opens nothing

_KEPT_RECORDS = 1000  # growth is to show in what is measured, not here
_ID = "00000000-0000-4000-8000-000000000000"
_SCOPE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([a-z0-9-]+)/aws4_request")


class Asked(NamedTuple):
    """The parts of a request that its response depends on; `headers` by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def service(self) -> str:
        """The service for which the request is signed."""
        found = _SCOPE.search(self.headers.get("authorization", ""))
        return found[1] if found else "unsigned"

    @property
    def operation(self) -> str:
        """The operation, as in the API references."""
        if target := self.headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        if self.path.endswith("/invocations"):
            return "Invoke"
        found = re.search(rb"(?:^|&)Action=(\w+)", self.body)
        return found[1].decode() if found else f"{self.method} {self.path}"


class Answers:
    """Responds to requests, and counts them by service and operation."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._records: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def answer(self, asked: Asked) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        operation = asked.operation
        self.counts[f"{asked.service}:{operation}"] += 1
        if operation == "Publish":
            return 200, "text/xml", _PUBLISHED
        if operation == "Invoke":
            return 202, "application/json", b""
        answering = getattr(self, f"_{operation}", None)
        if answering is None:
            return 400, _JSON, json.dumps({"__type": "UnknownOperationException"}).encode()
        status, members = answering(json.loads(asked.body))
        return status, _JSON, json.dumps(members).encode()

    def _GetParameters(self, members: Any) -> tuple[int, Any]:  # noqa: N802 - the operation's own name, as below
        found = [_parameter(name) for name in members["Names"] if not name.endswith("/previous-secret")]
        missing = [name for name in members["Names"] if name.endswith("/previous-secret")]
        return 200, {"Parameters": found, "InvalidParameters": missing}

    def _GetParameter(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, {"Parameter": _parameter(members["Name"])}

    def _SendMessage(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        digest = hashlib.md5(members["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return 200, {"MessageId": _ID, "MD5OfMessageBody": digest}

    def _DeleteMessage(self, _members: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, {}

    def _ChangeMessageVisibility(self, _members: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, {}

    def _GetQueueUrl(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, {"QueueUrl": f"https://localhost/000000000000/{members['QueueName']}"}

    def _StartExecution(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        arn = members["stateMachineArn"].replace(":stateMachine:", ":execution:")
        return 200, {"executionArn": f"{arn}:{members.get('name', _ID)}", "startDate": 1778640000.0}

    def _PutEvents(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, {"FailedEntryCount": 0, "Entries": [{"EventId": _ID} for _ in members["Entries"]]}

    def _GetItem(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        item = self._records.get(_key(members["Key"]))
        return 200, {"Item": item} if item else {}

    def _PutItem(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        item = members["Item"]
        key = _key({name: item[name] for name in item if name == "id"} or item)
        there = self._records.get(key)
        if there is not None and "ConditionExpression" in members:
            failed = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}
            return 400, {**failed, "message": "The conditional request failed", "Item": there}
        self._keep(key, item)
        return 200, {}

    def _UpdateItem(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        """Update an item. Supports only SET with plain values, as the idempotency records need it."""
        key = _key(members["Key"])
        names, values = members.get("ExpressionAttributeNames", {}), members.get("ExpressionAttributeValues", {})
        item = {**members["Key"], **self._records.get(key, {})}
        for name, value in re.findall(r"([#\w]+)\s*=\s*(:\w+)", members.get("UpdateExpression", "")):
            item[names.get(name, name)] = values[value]
        self._keep(key, item)
        return 200, {}

    def _DeleteItem(self, members: Any) -> tuple[int, Any]:  # noqa: N802
        self._records.pop(_key(members["Key"]), None)
        return 200, {}

    def _keep(self, key: str, item: dict[str, Any]) -> None:
        self._records[key] = item
        self._records.move_to_end(key)
        while len(self._records) > _KEPT_RECORDS:
            self._records.popitem(last=False)


_JSON = "application/x-amz-json-1.0"
_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>'
    + _ID.encode()
    + b"</MessageId></PublishResult><ResponseMetadata><RequestId>"
    + _ID.encode()
    + b"</RequestId></ResponseMetadata></PublishResponse>"
)


def _parameter(name: str) -> dict[str, Any]:
    return {"Name": name, "Type": "SecureString", "Value": SECRET, "Version": 1, "LastModifiedDate": time.time()}


def _key(members: dict[str, Any]) -> str:
    return json.dumps(members, sort_keys=True)
