"""An AWS server on 127.0.0.1 for tests that count calls, with a DynamoDB table of records."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

_CONDITION_FAILED = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
_PUBLISHED = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
_NO_RIGHT = "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
_THROTTLED = "<ErrorResponse><Error><Code>Throttled</Code></Error></ErrorResponse>"
_ANSWERS: dict[str, Any] = {
    "StartExecution": {"executionArn": "arn", "startDate": 0},
    "PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]},
    "GetQueueUrl": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/subscriber"},
    "SendMessage": {"MessageId": "m"},
    "SendMessageBatch": {"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": ""}], "Failed": []},
}
_INTEGRATION: dict[str, Any] = {
    "name": {"S": "team"},
    "type": {"S": "slack"},
    "model": {"M": {"jinja": {"S": "{{ label }} of {{ profile }}"}}},
    "configuration": {"M": {"url": {"M": {"ssm": {"S": "slack-team"}}}}},
}
_TOPICS: dict[str, Any] = {
    "library+jobs": {
        "Name": {"S": "library+jobs"},
        "Id": {"S": "4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11"},
        "Integrations": {"L": [{"M": _INTEGRATION}]},
    }
}


class CountingAws:
    """Answers every call of the processor; `calls` has their operations in order, `objects` the S3 objects by path.

    The table of topics has library+jobs, with one integration. A topic whose name ends in `denied`, `throttled` or
    `lost`, and a bus `broken`, fail accordingly.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.objects: dict[str, bytes] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Record one request, and return the status and body of its response."""
        operation = _operation(method, path, target, body)
        self.calls.append(operation)
        if operation in {"PutItem", "GetItem", "UpdateItem", "DeleteItem"}:
            return self._kept(operation, json.loads(body))
        if operation == "PutObject":
            self.objects[path] = body
        if operation == "GetObject":
            return 200, self.objects[path]
        if operation == "PutEvents" and "event-bus/broken" in body.decode():
            return 200, b"{}"
        if operation == "Publish":
            return _published(parse_qs(body.decode())["TopicArn"][0])
        status = 202 if operation == "Invoke" else 200
        return status, json.dumps(_ANSWERS[operation]).encode() if operation in _ANSWERS else b""

    def _kept(self, operation: str, request: dict[str, Any]) -> tuple[int, bytes]:
        if name := request.get("Key", {}).get("Name"):
            item = _TOPICS.get(name["S"])
            return 200, json.dumps({"Item": item} if item else {}).encode()
        key = (request.get("Key") or request["Item"])["id"]["S"]
        if operation == "PutItem":
            if key in self._records:
                is_wanted = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
                failed = {"__type": _CONDITION_FAILED} | ({"Item": self._records[key]} if is_wanted else {})
                return 400, json.dumps(failed).encode()
            self._records[key] = request["Item"]
        elif operation == "GetItem":
            return 200, json.dumps({"Item": self._records[key]}).encode()
        elif operation == "DeleteItem":
            del self._records[key]
        else:
            values = request["ExpressionAttributeValues"]
            for name, attribute in request["ExpressionAttributeNames"].items():
                self._records[key][attribute] = values[f":{name.removeprefix('#')}"]
        return 200, b"{}"


def _published(topic: str) -> tuple[int, bytes]:
    if topic.endswith("lost"):
        raise ConnectionError
    if topic.endswith("denied"):
        return 403, _NO_RIGHT.encode()
    return (400, _THROTTLED.encode()) if topic.endswith("throttled") else (200, _PUBLISHED.encode())


def _operation(method: str, path: str, target: str, body: bytes) -> str:
    if target:
        return target.split(".")[-1]
    if path.endswith("/invocations"):
        return "Invoke"
    if path.startswith("/bucket/"):
        return f"{method.title()}Object"
    return parse_qs(body.decode())["Action"][0]


def _handler_of(aws: CountingAws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, answer = aws.answer(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            except ConnectionError:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_GET = _serve  # noqa: N815 -- http.server's names

    return Handler
