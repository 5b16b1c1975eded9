"""Invented secrets have the form that the integrations require."""

from notifications.integrations.telegram import Telegram
from notifications.signing import signing_key
from notifications.topics import IntegrationEntry
from scripts.local.receiver.local_secrets import local_secrets, senders

CONFIGURATIONS = {
    "slack": {"token": {"ssm": "bot"}, "channel": "#a"},
    "http": {"url": "https://vendor.example", "secret": {"ssm": "sign"}, "previous_secret": {"ssm": "old"}},
    "telegram": {"token": {"ssm": "phone"}, "chat": 1},
    "teams": {"url": {"ssm": "flow"}},
    "email": {"from": "a@b.example", "to": ["{{ user }}"], "subject": "s"},
    "sms": {"to": "+4930123456", "sender_id": {"+49": "Library"}},
}
ENTRIES = [
    IntegrationEntry(name=kind, type=kind, model="a", configuration=configuration)
    for kind, configuration in CONFIGURATIONS.items()
]


def test_each_reference_has_a_value_of_its_form() -> None:
    """A plain URL and the settings of SMS need none."""
    found = local_secrets(ENTRIES, 8443)
    assert set(found) == {"bot", "sign", "old", "phone", "flow"}
    assert found["flow"].startswith("https://127.0.0.1:8443/teams/flow/")
    assert found["bot"].startswith("xoxb-")
    assert {len(signing_key(found[name])) for name in ("sign", "old")} == {24}
    assert Telegram.configuration.model_validate(CONFIGURATIONS["telegram"])
    number, _, token = found["phone"].partition(":")
    assert (len(number), len(token)) == (10, 32)


def test_the_senders_of_emails_are_found() -> None:
    """The emulator needs an identity for each."""
    assert senders(ENTRIES) == {"a@b.example"}
