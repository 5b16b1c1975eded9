"""The producer's settings are read from the environment, and all missing ones are listed together."""

import pytest

from notifications.producer_settings import ProducerSettings, ProducerSettingsError
from tests.notifications.sns_messages import ARN

ENVIRONMENT = {
    "STAGE": "dev",
    "NOTIFICATION_TOPICS_TABLE": "stack-notification-topics",
    "NOTIFICATIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/stack-notifications",
}


def test_settings_are_read() -> None:
    """Without a list of SNS topics no message of SNS is accepted."""
    settings = ProducerSettings.from_environment(ENVIRONMENT)
    assert (settings.stage, settings.topics_table) == ("dev", "stack-notification-topics")
    assert settings.queue_url.endswith("stack-notifications")
    assert settings.sns_topics == ()


@pytest.mark.parametrize(("text", "count"), [("", 0), (" , ", 0), (ARN, 1), (f" {ARN} ,{ARN}2,\n", 2)])
def test_sns_topics_are_a_list_of_arns(text: str, count: int) -> None:
    """White space and empty parts are ignored."""
    topics = ProducerSettings.from_environment({**ENVIRONMENT, "SNS_TOPIC_ARNS": text}).sns_topics
    assert [topic.text for topic in topics] == [ARN, f"{ARN}2"][:count]
    assert {topic.region for topic in topics} <= {"eu-central-1"}


@pytest.mark.parametrize("text", ["jobs", ARN.replace(":sns:", ":sqs:"), f"{ARN}:subscription", "*", f"{ARN};{ARN}"])
def test_another_text_is_not_a_topic(text: str) -> None:
    """The error names the variable and the part."""
    with pytest.raises(ProducerSettingsError, match=r"SNS_TOPIC_ARNS has '.*', which is not the ARN of an SNS topic"):
        ProducerSettings.from_environment({**ENVIRONMENT, "SNS_TOPIC_ARNS": f"{ARN},{text}"})


def test_all_missing_settings_are_listed() -> None:
    """One error lists all missing variables; a blank one is missing."""
    with pytest.raises(ProducerSettingsError) as raised:
        ProducerSettings.from_environment({"STAGE": " "})
    names = "STAGE, NOTIFICATION_TOPICS_TABLE, NOTIFICATIONS_QUEUE_URL"
    assert str(raised.value) == f"Missing environment variables: {names}."
