"""The notifications of a run: topics, secrets, identities and the receiver, on AWS in process."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from notifications.integrations.table import INTEGRATIONS
from notifications.topic_file import DeclaredTopic, read_topics
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.emulator import Emulator
from scripts.aws.stack import Stack
from scripts.local.notifications import LocalNotifications, notifications_up
from scripts.topics.topic_store import TopicStore
from tests.scripts.local.receiver.reading import messages

TABLE = "alma-webhooks-dev-notifications-topics"
TEXT = """
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "$a", configuration: {url: {ssm: slack-team}}}
        - {name: mail, type: email, model: "$a", configuration: {from: a@b.example, to: [c@d.example], subject: s}}
"""
MORE = """
channels:
  library:
    loans:
      integrations:
        - {name: team, type: slack, model: "$a", configuration: {url: {ssm: slack-team}}}
        - {name: text, type: sms, model: "$a", configuration: {to: "+4930123456"}}
      fallback: {name: flow, type: teams, model: "$a", configuration: {url: {ssm: flow}}}
"""


class FakeFunctions:
    """The sender's configuration."""

    def __init__(self) -> None:
        self.variables = {"STAGE": "dev", "ALLOW_LOOPBACK": "true"}
        self.updates = 0

    def get_function_configuration(self, **_: str) -> Any:
        """Return it."""
        return {"Environment": {"Variables": dict(self.variables)}}

    def update_function_configuration(self, **given: Any) -> None:
        """Replace it."""
        self.variables = given["Environment"]["Variables"]
        self.updates += 1


@pytest.fixture
def functions(aws: Aws) -> FakeFunctions:
    """The functions of these clients."""
    vars(aws)["functions"] = found = FakeFunctions()
    return found


@pytest.fixture
def running(aws: Aws, functions: FakeFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalNotifications]:
    """Notifications that run, with the first topics."""
    assert functions
    aws.dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    urls = {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("QueueUrl", "DeadLetterQueueUrl")}
    outputs = {"TopicsTableName": TABLE, "SenderFunctionName": "sender", "ApiId": "a1", **urls}
    monkeypatch.setattr(stacks, "read", lambda _, name: Stack(name, outputs))
    with ExitStack() as exits:
        found = exits.enter_context(
            notifications_up(aws, Emulator("http://127.0.0.1:9"), "dev", "alma-webhooks-dev", declared(TEXT))
        )
        assert found
        yield found


def declared(text: str) -> list[DeclaredTopic]:
    return read_topics(text, INTEGRATIONS)


def values(aws: Aws) -> dict[str, str]:
    found = aws.ssm.get_parameters_by_path(Path="/alma-webhooks/dev/notifications", WithDecryption=True)["Parameters"]
    return {each["Name"].rpartition("/")[2]: each["Value"] for each in found}


def test_without_notifications_there_is_nothing(aws: Aws) -> None:
    """Nothing is read, stored or started."""
    with notifications_up(aws, Emulator("http://127.0.0.1:9"), "dev", "alma-webhooks-dev", None) as found:
        assert found is None


def test_all_that_the_topics_need_exists_here(aws: Aws, running: LocalNotifications) -> None:
    """The table, the secrets, the senders of e-mail and the key of the API."""
    [stored] = TopicStore(aws.dynamodb, TABLE).all().values()
    assert running.topics == {"library/jobs": stored.id}
    found = values(aws)
    assert set(found) == {"api-key", "alma-api-key", "slack-team"}
    assert found["api-key"] == running.api_key
    assert found["slack-team"].startswith(f"https://127.0.0.1:{running.receiver.port}/slack/slack-team/")
    identities = aws.session.client("sesv2").list_email_identities()["EmailIdentities"]
    assert [each["IdentityName"] for each in identities] == ["a@b.example"]


def test_the_facts_are_enough_to_post_and_to_read(running: LocalNotifications) -> None:
    """A program needs nothing else; the page is served."""
    facts = running.facts
    assert facts["notifications_url"] == "http://127.0.0.1:9/_aws/execute-api/a1/$default/v1/notifications/"
    assert facts["notification_topics"] == running.topics
    assert messages(facts["receiver_url"]) == []
    assert json.dumps(facts)


def test_the_sender_reaches_the_receiver_only(functions: FakeFunctions, running: LocalNotifications) -> None:
    """Its other variables stay; after a deployment that undid it, the next application of topics does it again."""
    expected = {
        "STAGE": "dev",
        "ALLOW_LOOPBACK": "true",
        "LOCAL_RECEIVER_PORT": str(running.receiver.port),
        "LOCAL_RECEIVER_AUTHORITY": running.receiver.tls.authority,
    }
    assert functions.variables == expected
    running.apply(declared(TEXT))
    assert functions.updates == 1
    functions.variables = {"STAGE": "dev", "ALLOW_LOOPBACK": "true"}
    running.apply(declared(TEXT))
    assert (functions.variables, functions.updates) == (expected, 2)


def test_changed_topics_replace_the_others(aws: Aws, running: LocalNotifications) -> None:
    """A topic that is gone is deleted, one that comes back has another hash, and known secrets stay as they are."""
    before, secret = dict(running.topics), values(aws)["slack-team"]
    running.apply(declared(TEXT))
    assert running.topics == before
    running.apply(declared(MORE))
    assert set(running.topics) == {"library/loans"}
    assert set(TopicStore(aws.dynamodb, TABLE).all()) == {"library+loans"}
    assert values(aws)["slack-team"] == secret
    assert set(values(aws)) == {"api-key", "alma-api-key", "slack-team", "flow"}
