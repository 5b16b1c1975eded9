"""The processor's settings are read from the environment, and all missing ones are listed together."""

import pytest

from processor.deliveries import KEPT_SECONDS
from processor.settings import Settings, SettingsError

ENVIRONMENT = {
    "STAGE": "dev",
    "TOPICS": "loan-created, other,",
    "TOPIC_ARN_PREFIX": "arn:aws:sns:us-east-1:000000000000:stack-",
    "WEBHOOK_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:stack-webhooks",
    "WEBHOOK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/stack-webhooks",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/stack-dead-letters",
    "OVERFLOW_BUCKET": "bucket",
    "DELIVERIES_TABLE": "table",
    "MAX_RECEIVE_COUNT": "8",
    "VISIBILITY_TIMEOUT": "180",
    "FUNCTION_TIMEOUT": "30",
    "STATE_MACHINE_ARNS": '{"pod": "arn:aws:states:us-east-1:000000000000:stateMachine:stack-pod"}',
}


def test_settings_give_arns_by_name() -> None:
    """Topics and state machines are looked up by the names that routes use."""
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.stage == "dev"
    assert settings.topic_arns == {
        "loan-created": "arn:aws:sns:us-east-1:000000000000:stack-loan-created",
        "other": "arn:aws:sns:us-east-1:000000000000:stack-other",
    }
    assert settings.heartbeat_topic_arn == "arn:aws:sns:us-east-1:000000000000:stack-heartbeat"
    assert settings.state_machine_arns["pod"].endswith("stack-pod")
    assert (settings.webhook_queue_arn[-8:], settings.webhook_queue_url[-8:]) == ("webhooks", "webhooks")
    assert settings.dead_letter_queue_url.endswith("stack-dead-letters")
    assert (settings.overflow_bucket, settings.deliveries_table) == ("bucket", "table")
    assert settings.retry_policy[:3] == (8, 180, 30)


def test_a_stack_without_notifications_has_no_names_of_theirs() -> None:
    """Their variables are empty, or missing in an older stack."""
    names = {"NOTIFICATION_TOPICS_TABLE": "stack-topics", "NOTIFICATIONS_QUEUE": "stack-queue"}
    assert Settings.from_environment(ENVIRONMENT).notifications is None
    assert Settings.from_environment(ENVIRONMENT | dict.fromkeys(names, "")).notifications is None
    assert Settings.from_environment(ENVIRONMENT | names).notifications == ("stack-topics", "stack-queue")


def test_all_missing_settings_are_listed() -> None:
    """One error lists all missing variables; an empty one is missing."""
    missing = [
        *("STAGE", "TOPIC_ARN_PREFIX", "STATE_MACHINE_ARNS", "WEBHOOK_QUEUE_ARN", "WEBHOOK_QUEUE_URL"),
        *("DEAD_LETTER_QUEUE_URL", "OVERFLOW_BUCKET", "DELIVERIES_TABLE"),
        *("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT"),
    ]
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({"TOPICS": "a", "STAGE": ""})
    assert str(raised.value) == f"Missing environment variables: {', '.join(missing)}."


@pytest.mark.parametrize(("text", "days"), [(None, 0), ("", 0), ("0", 0), ("7", 7), ("90", 90)])
def test_f64_the_age_limit_is_off_unless_it_is_set(text: str | None, days: int) -> None:
    """The template always sets the age limit, by default to 0."""
    given = {} if text is None else {"PARK_OLDER_THAN_DAYS": text}
    assert Settings.from_environment(ENVIRONMENT | given).park_older_than_days == days


def test_f64_an_age_limit_beyond_the_records_is_an_error() -> None:
    """An age limit may not exceed the 90 days of the records, because a repeated event would then count as new."""
    assert KEPT_SECONDS == 90 * 86_400
    with pytest.raises(SettingsError, match=r"^PARK_OLDER_THAN_DAYS is 91; set at most 90, the days for which"):
        Settings.from_environment(ENVIRONMENT | {"PARK_OLDER_THAN_DAYS": "91"})


@pytest.mark.parametrize(("text", "most"), [(None, 262_144), ("", 262_144), ("1048576", 1_048_576)])
def test_topics_accept_256_kb_unless_the_stack_says_more(text: str | None, most: int) -> None:
    """An older stack does not set the variable."""
    given = {} if text is None else {"TOPIC_MESSAGE_BYTES": text}
    assert Settings.from_environment(ENVIRONMENT | given).topic_message_bytes == most


@pytest.mark.parametrize("topics", ["", ",", " "])
def test_f57_an_empty_list_is_a_valid_setting(topics: str) -> None:
    """A stack can have no topic but the heartbeat's, and no state machine."""
    settings = Settings.from_environment(ENVIRONMENT | {"TOPICS": topics, "STATE_MACHINE_ARNS": "{}"})
    assert (settings.topic_arns, settings.state_machine_arns) == ({}, {})
    assert settings.heartbeat_topic_arn.endswith("stack-heartbeat")


def test_a_list_that_is_not_set_at_all_is_missing() -> None:
    """The template always sets the list, so its absence is an error."""
    with pytest.raises(SettingsError, match=r"^Missing environment variables: TOPICS\.$"):
        Settings.from_environment({name: value for name, value in ENVIRONMENT.items() if name != "TOPICS"})


@pytest.mark.parametrize("text", ["pod", "3", "[1]"])
def test_state_machine_arns_must_be_an_object(text: str) -> None:
    """An invalid value is reported in one sentence, without a traceback."""
    with pytest.raises(SettingsError, match=r"^STATE_MACHINE_ARNS is not a JSON object of names and ARNs\.$"):
        Settings.from_environment(ENVIRONMENT | {"STATE_MACHINE_ARNS": text})


@pytest.mark.parametrize(
    "name",
    [*("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT"), "PARK_OLDER_THAN_DAYS", "TOPIC_MESSAGE_BYTES"],
)
@pytest.mark.parametrize("text", ["x", "-1", "1.5", " "])
def test_invalid_numbers_are_rejected(name: str, text: str) -> None:
    """An invalid number is reported when the function starts."""
    with pytest.raises(SettingsError, match=rf"^{name} is not a whole number\.$"):
        Settings.from_environment(ENVIRONMENT | {name: text})


@pytest.mark.parametrize(
    ("text", "has_metrics"), [(None, True), ("", True), ("full", True), ("essential", False), ("none", False)]
)
def test_metrics_are_sent_only_in_the_tier_full(text: str | None, *, has_metrics: bool) -> None:
    """Without the variable they are sent, because alarms of an older stack read them."""
    given = {} if text is None else {"ALARMS": text}
    assert Settings.from_environment(ENVIRONMENT | given).has_metrics is has_metrics


def test_an_unknown_tier_is_rejected() -> None:
    """A misspelled one would silently send, or not send, what alarms read."""
    with pytest.raises(SettingsError, match="ALARMS must be one of none, essential, full"):
        Settings.from_environment(ENVIRONMENT | {"ALARMS": "some"})
