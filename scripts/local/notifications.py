"""The notifications of a run: topics, invented secrets, and the receiver to which everything is sent."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, NamedTuple

from notifications import local_receiver
from notifications.references import ALMA_API_KEY, API_KEY, parameter_of
from notifications.topic_file import DeclaredTopic
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.emulator import Emulator
from scripts.aws.stack import Stack
from scripts.deploy import optional_parts
from scripts.local.receiver.emulator_messages import kept_messages
from scripts.local.receiver.inbox import Inbox
from scripts.local.receiver.local_secrets import local_secrets, senders
from scripts.local.receiver.server import Receiver, receiving
from scripts.topics.differences import CHANGING, differences
from scripts.topics.topic_store import TopicStore

_KEY_BYTES: Final = 32


class LocalNotifications(NamedTuple):
    """Notifications that run. `topics` are their hashes by `channel/topic`, `stored` the secrets by their names."""

    aws: Aws
    stack: Stack
    stage: str
    url: str
    api_key: str
    receiver: Receiver
    topics: dict[str, str]
    stored: dict[str, str]

    @property
    def facts(self) -> dict[str, Any]:
        """What a program needs to post notifications and to see how each was received, as JSON values."""
        return {
            "notifications_url": self.url,
            "receiver_url": self.receiver.url,
            "api_key": self.api_key,
            "notification_topics": self.topics,
            "notifications_queue_url": self.stack.outputs["QueueUrl"],
            "notifications_dead_letter_queue_url": self.stack.outputs["DeadLetterQueueUrl"],
        }

    def apply(self, declared: Sequence[DeclaredTopic]) -> None:
        """Let the table have these topics and no others, and give them secrets and senders of this computer."""
        self._point_sender()
        entries = [entry for each in declared for entry in each.content.entries]
        for name, value in local_secrets(entries, self.receiver.port).items():
            if name not in self.stored:
                self.stored[name] = value
                store_parameter(self.aws, self.stage, name, value)
        for address in senders(entries):
            create_identity(self.aws, address)
        self._write(declared)

    def _write(self, declared: Sequence[DeclaredTopic]) -> None:
        store = TopicStore(self.aws.dynamodb, self.stack.outputs["TopicsTableName"])
        found = differences(declared, store.all(), prune=True)
        for each in found:
            if each.action in CHANGING:
                each.write_to(store)
        self.topics.clear()
        self.topics.update({each.path: each.id for each in found if each.topic})

    def _point_sender(self) -> None:
        """Let the sender reach the receiver only. A deployment that changes the function undoes it."""
        name = self.stack.outputs["SenderFunctionName"]
        now = self.aws.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        wanted = {
            **now,
            local_receiver.PORT: str(self.receiver.port),
            local_receiver.AUTHORITY: self.receiver.tls.authority,
        }
        if now != wanted:
            self.aws.functions.update_function_configuration(FunctionName=name, Environment={"Variables": wanted})


@contextmanager
def notifications_up(
    aws: Aws, running: Emulator, stage: str, pipeline: str, declared: Sequence[DeclaredTopic] | None
) -> Iterator[LocalNotifications | None]:
    """Yield the notifications of a deployed pipeline, with a receiver until the end of the block; None without them."""
    if declared is None:
        yield None
        return
    stack = stacks.read(aws, pipeline + optional_parts.NOTIFICATIONS_PART.suffix)
    with receiving(Inbox(partial(kept_messages, running.endpoint_url))) as receiver:
        key = secrets.token_urlsafe(_KEY_BYTES)
        store_parameter(aws, stage, API_KEY, key)
        store_parameter(aws, stage, ALMA_API_KEY, secrets.token_urlsafe(_KEY_BYTES))  # the receiver plays Alma too
        url = running.notification_url(stack.outputs["ApiId"], "")
        local = LocalNotifications(aws, stack, stage, url, key, receiver, {}, {})
        local.apply(declared)
        yield local


def store_parameter(aws: Aws, stage: str, name: str, value: str) -> None:
    """Store a secret of notifications in the emulator."""
    aws.ssm.put_parameter(Name=parameter_of(stage, name), Value=value, Type="SecureString", Overwrite=True)


def create_identity(aws: Aws, address: str) -> None:
    """Let the emulator's SES send from this address, as if its owner had verified it."""
    ses = aws.session.client("sesv2", endpoint_url=aws.endpoint_url, config=aws.config)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=address)
