"""An AWS account in process with one deployed stack, which commands find in the same way as a real one.

Commands make their own clients, so nothing of theirs is replaced and none of their internals is used here.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.session
import pytest

from tests.formats.account_answers import ANSWERS
from tests.formats.account_stack import create, notifications_outputs, outputs
from tests.mocked_aws import MockedAws
from tests.scripts import parsed_once

_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

parsed_once.install()


class Account:
    """The account. `locks` has the records that commands have put into the table of locks."""

    def __init__(self, locks: list[dict[str, Any]]) -> None:
        self.locks = locks
        self._session = boto3.Session()
        self._outputs = outputs()
        create(self.client)

    def client(self, name: str) -> Any:
        """Return a boto3 client."""
        return self._session.client(name)  # type: ignore[call-overload]

    def send(self, output: str, body: str, attributes: dict[str, str]) -> None:
        """Send a message to the queue that this output names."""
        self._send(self._outputs[output], body, attributes)

    def send_notification(self, output: str, body: str, attributes: dict[str, str]) -> None:
        """Send a message to the queue that this output of the notifications stack names."""
        self._send(notifications_outputs()[output], body, attributes)

    def _send(self, url: str, body: str, attributes: dict[str, str]) -> None:
        typed = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        self.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)

    def received(self, output: str) -> list[dict[str, Any]]:
        """Receive all messages of the queue that this output names, and delete them."""
        sqs, found = self.client("sqs"), list[dict[str, Any]]()
        arguments = {"QueueUrl": self._outputs[output], "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while messages := sqs.receive_message(**arguments).get("Messages", []):
            found += messages
            for message in messages:
                sqs.delete_message(QueueUrl=self._outputs[output], ReceiptHandle=message["ReceiptHandle"])
        return found

    def log(self, output: str, *lines: dict[str, Any], at: float) -> None:
        """Write lines into the log group that this output names; `at` is in seconds since 1970."""
        logs, group = self.client("logs"), self._outputs[output]
        logs.create_log_stream(logGroupName=group, logStreamName=f"invented-{at}")
        events = [{"timestamp": round(at * 1000), "message": json.dumps(line)} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=f"invented-{at}", logEvents=events)

    def logged(self, output: str) -> list[dict[str, Any]]:
        """Return the lines of the log group that this output names, by time."""
        events = self.client("logs").filter_log_events(logGroupName=self._outputs[output])["events"]
        return [json.loads(event["message"]) for event in events]


def listen(events: Any, locks: list[dict[str, Any]]) -> None:
    """Answer in place of AWS to a client with these events, and keep what it puts into the table of locks."""
    events.register("provide-client-params.sqs.ReceiveMessage", lambda params, **_: params | {"WaitTimeSeconds": 0})
    events.register("provide-client-params.dynamodb.PutItem", lambda params, **_: _keep_lock(params, locks))
    for service, answer in ANSWERS.items():
        events.register(f"before-call.{service}", answer)


def _keep_lock(params: dict[str, Any], locks: list[dict[str, Any]]) -> None:
    if params["TableName"] == "locks":
        locks.append(params["Item"])


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    """The account, active inside the context; `folder` becomes the current folder and holds the user's state."""
    with pytest.MonkeyPatch.context() as patched, MockedAws():
        for name, value in (_ENVIRONMENT | {"XDG_STATE_HOME": str(folder)}).items():
            patched.setenv(name, value)
        patched.delenv("AWS_ENDPOINT_URL", raising=False)
        patched.chdir(folder)
        locks = list[dict[str, Any]]()
        clients, create_client = dict[str, Any](), botocore.session.Session.create_client
        maker = botocore.session.Session()
        boto3.Session(botocore_session=maker)  # so that its clients have what boto3 adds to them

        def client(_: botocore.session.Session, service: str, *arguments: Any, **options: Any) -> Any:
            # One client per service, because making one takes longer than most commands.
            if service not in clients:
                clients[service] = create_client(maker, service, *arguments, **options)
                listen(clients[service].meta.events, locks)
            return clients[service]

        patched.setattr(botocore.session.Session, "create_client", client)
        # The sessions of commands make no clients, so they need no handlers for them: registering those takes as long.
        bare = partial(botocore.session.Session, include_builtin_handlers=False)
        patched.setattr(botocore.session, "get_session", bare)
        yield Account(locks)
