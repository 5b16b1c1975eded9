"""The sender's settings are read from the environment, and all missing ones are listed together."""

import pytest

from notifications.sender_settings import SenderSettings, SenderSettingsError

ENVIRONMENT = {
    "STAGE": "dev",
    "NOTIFICATIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/stack-notifications",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/stack-dead-letters",
    "SENDER_TABLE": "table",
    "CONTACTS_TABLE": "contacts",
    "MAX_RECEIVE_COUNT": "8",
    "VISIBILITY_TIMEOUT": "180",
    "FUNCTION_TIMEOUT": "30",
}


def test_the_needed_settings_are_enough() -> None:
    """The others have defaults."""
    settings = SenderSettings.from_environment(ENVIRONMENT)
    assert (settings.stage, settings.sender_table, settings.contacts_table) == ("dev", "table", "contacts")
    assert settings.notifications_queue_url.endswith("stack-notifications")
    assert settings.dead_letter_queue_url.endswith("stack-dead-letters")
    assert settings.retry_policy[:3] == (8, 180, 30)
    assert (settings.burst_messages, settings.most_age_seconds) == (12, 86_400)
    assert settings.https_ports == {443}
    assert (settings.has_metrics, settings.is_loopback_allowed, settings.alma_api_host) == (True, False, "")


def test_the_other_settings_can_be_set() -> None:
    """An empty variable is the default."""
    given = {"BURST_MESSAGES": "5", "MOST_AGE_SECONDS": "3600", "HTTPS_PORTS": "8443, 9443", "ALLOW_LOOPBACK": "true"}
    given["ALMA_API_HOST"] = "api-eu.hosted.exlibrisgroup.com"
    settings = SenderSettings.from_environment(ENVIRONMENT | given)
    assert (settings.burst_messages, settings.most_age_seconds) == (5, 3600)
    assert settings.https_ports == {443, 8443, 9443}
    assert (settings.is_loopback_allowed, settings.alma_api_host) == (True, "api-eu.hosted.exlibrisgroup.com")
    empty = SenderSettings.from_environment(ENVIRONMENT | dict.fromkeys(given, ""))
    assert (empty.burst_messages, empty.https_ports, empty.is_loopback_allowed) == (12, frozenset({443}), False)


def test_all_missing_settings_are_listed() -> None:
    """One error lists all missing variables; an empty one is missing."""
    with pytest.raises(SenderSettingsError) as raised:
        SenderSettings.from_environment({"STAGE": ""})
    assert str(raised.value) == f"Missing environment variables: {', '.join(ENVIRONMENT)}."


@pytest.mark.parametrize(
    "name", ["MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT", "BURST_MESSAGES", "MOST_AGE_SECONDS"]
)
@pytest.mark.parametrize("text", ["x", "-1", "1.5", " ", "0", "²"])
def test_invalid_numbers_are_rejected(name: str, text: str) -> None:
    """An invalid number is reported when the function starts."""
    with pytest.raises(SenderSettingsError, match=rf"^{name} is not a whole number above 0\.$"):
        SenderSettings.from_environment(ENVIRONMENT | {name: text})


@pytest.mark.parametrize("text", ["x", "0", "65536", "443;8443", "-1"])
def test_invalid_ports_are_rejected(text: str) -> None:
    """The error shows the form."""
    with pytest.raises(SenderSettingsError, match=r"^HTTPS_PORTS is not a list of ports, such as 8443,9443\.$"):
        SenderSettings.from_environment(ENVIRONMENT | {"HTTPS_PORTS": text})


def test_the_configuration_set_of_e_mail_can_be_missing() -> None:
    """A stack that sends no e-mail has none."""
    name = "EMAIL_CONFIGURATION_SET"
    assert SenderSettings.from_environment(ENVIRONMENT | {name: "own"}).email_configuration_set == "own"
    assert SenderSettings.from_environment(ENVIRONMENT | {name: ""}).email_configuration_set == ""


@pytest.mark.parametrize(("text", "has_metrics"), [("full", True), ("essential", False), ("none", False)])
def test_metrics_are_sent_only_in_the_tier_full(text: str, *, has_metrics: bool) -> None:
    """Only that tier has alarms that read them."""
    assert SenderSettings.from_environment(ENVIRONMENT | {"ALARMS": text}).has_metrics is has_metrics


@pytest.mark.parametrize(("name", "values"), [("ALARMS", "none, essential, full"), ("ALLOW_LOOPBACK", "false, true")])
def test_a_misspelled_setting_is_rejected(name: str, values: str) -> None:
    """It would silently mean the default."""
    with pytest.raises(SenderSettingsError, match=f"^{name} must be one of {values}"):
        SenderSettings.from_environment(ENVIRONMENT | {name: "yes"})
