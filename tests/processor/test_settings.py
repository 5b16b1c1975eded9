"""The processor's settings: read from the environment, with everything that is missing named at once."""

import pytest

from processor.settings import Settings, SettingsError

ENVIRONMENT = {
    "STAGE": "dev",
    "TOPICS": "loan-created, other,",
    "TOPIC_ARN_PREFIX": "arn:aws:sns:us-east-1:000000000000:stack-",
    "WEBHOOK_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:stack-webhooks",
    "STATE_MACHINE_ARNS": '{"pod": "arn:aws:states:us-east-1:000000000000:stateMachine:stack-pod"}',
}


def test_settings_give_arns_by_name() -> None:
    """Topics and state machines are known by the names that routes use."""
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.stage == "dev"
    assert settings.topic_arns == {
        "loan-created": "arn:aws:sns:us-east-1:000000000000:stack-loan-created",
        "other": "arn:aws:sns:us-east-1:000000000000:stack-other",
    }
    assert settings.state_machine_arns["pod"].endswith("stack-pod")


def test_all_that_is_missing_is_named_at_once() -> None:
    """Whoever deploys does not learn of one missing variable at a time; an empty one is missing."""
    with pytest.raises(SettingsError, match="lacks STAGE, TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS, WEBHOOK_QUEUE_ARN"):
        Settings.from_environment({"TOPICS": "a", "STAGE": ""})


@pytest.mark.parametrize("text", ["pod", "3", "[1]"])
def test_state_machine_arns_that_are_no_object_are_refused(text: str) -> None:
    """A wrong form is named, not a traceback."""
    with pytest.raises(SettingsError, match="STATE_MACHINE_ARNS"):
        Settings.from_environment(ENVIRONMENT | {"STATE_MACHINE_ARNS": text})
