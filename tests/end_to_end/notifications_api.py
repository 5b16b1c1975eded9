"""The notifications API of a stack on the emulator, with topics, keys and a queue that nobody empties."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import boto3

from notifications.notification import Notification
from notifications.topics import Topic
from scripts.aws import stack as stacks
from scripts.aws.emulator import Emulator
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import Deployed
from tests.loopback import Loopback

KEY, PREVIOUS_KEY = "e2e-current-key", "e2e-previous-key"

_TIMEOUT_SECONDS = 60.0


class Reply(NamedTuple):
    """A response, with headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def members(self) -> Any:
        """The JSON value of the body."""
        return json.loads(self.body)


class NotificationsApi:
    """Posts to the API, and looks at the queue behind it."""

    def __init__(self, deployed: Deployed) -> None:
        self._aws = deployed.aws
        name = f"{deployed.name}-notifications"
        self.outputs = stacks.read(deployed.aws, name).outputs
        self._function = self.outputs["ProducerFunctionName"]
        webhook_url = Emulator(deployed.endpoint_url).webhook_url(self.outputs["ApiId"], "")
        self.url = webhook_url.removesuffix("/webhooks/")

    @classmethod
    def prepared(cls, deployed: Deployed, *topics: Topic) -> Self:
        """Store keys and topics, and stop the sender, so that notifications stay on the queue."""
        api = cls(deployed)
        for name, key in (("api-key", KEY), ("previous-api-key", PREVIOUS_KEY)):
            parameter = f"/alma-webhooks/dev/notifications/{name}"
            deployed.aws.ssm.put_parameter(Name=parameter, Value=key, Type="SecureString", Overwrite=True)
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=deployed.endpoint_url,
            region_name=deployed.aws.session.region_name,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        table = resource.Table(api.outputs["TopicsTableName"])
        for topic in topics:
            table.put_item(Item=topic.item())
        functions, sender = deployed.aws.functions, api.outputs["SenderFunctionName"]
        [mapping] = functions.list_event_source_mappings(FunctionName=sender)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        eventually(lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled")
        return api

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request to a path below /v1/notifications/."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            connection.request(method, f"{parts.path}/v1/notifications/{path}", body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())

    def post(self, topic: Topic, body: Any, **headers: str | None) -> Reply:
        """Post to a topic with key and hash; a header that is None is left out, underscores are hyphens."""
        given = {"content_type": "application/json", "x_api_key": KEY, "x_topic_hash_x": str(topic.id), **headers}
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
        return self.request("POST", f"{topic.channel}/{topic.topic}", text, named)

    def queued(self) -> dict[str, Notification]:
        """Take all notifications off the queue, and return them by their SQS message ids."""
        found: dict[str, Notification] = {}
        queue = self.outputs["QueueUrl"]
        while messages := self._aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                assert message["MessageId"] not in found
                found[message["MessageId"]] = Notification.decode(message["Body"].encode())
                self._aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def subscribed(self, arn: str, server: Loopback) -> bytes:
        """Subscribe a server to a new SNS topic, and return the body of the first post that it gets."""
        self._aws.sns.create_topic(Name=arn.rpartition(":")[2])
        self._aws.sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=server.url)
        eventually(lambda: server.received)
        return server.received[0].body

    @contextmanager
    def with_environment(self, **variables: str) -> Iterator[None]:
        """Change the environment of the producer for the block."""
        functions = self._aws.functions
        before = functions.get_function_configuration(FunctionName=self._function)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=self._function, Environment={"Variables": {**before, **variables}}
        )
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=self._function, Environment={"Variables": before})

    @contextmanager
    def limited(self, workers: int) -> Iterator[None]:
        """Let no more workers of the producer run at a time; the emulator would start one for each request."""
        functions = self._aws.functions
        functions.put_function_concurrency(FunctionName=self._function, ReservedConcurrentExecutions=workers)
        try:
            yield
        finally:
            functions.delete_function_concurrency(FunctionName=self._function)
