"""E-mails and SMS as the emulator shows them."""

from scripts.local.receiver.emulator_messages import KeptMessage, kept_messages
from tests.loopback import Loopback, answer, close

EMAIL = {"MessageId": "1", "To": [], "CC": [], "BCC": ["a@b.example", "c@d.example"], "Subject": "S", "BodyText": "T"}
SMS = {"MessageId": "2", "Message": "done"}


def test_both_are_read() -> None:
    """Recipients are joined, hidden ones too."""
    emails = answer({"messages": {"000000000000": [EMAIL]}}, keep=False)
    with Loopback(emails, answer({"sms_messages": {"+4930123456": [SMS]}}, keep=False)) as server:
        assert kept_messages(server.url) == [
            KeptMessage("1", "email", "a@b.example, c@d.example", "T", "S"),
            KeptMessage("2", "sms", "+4930123456", "done"),
        ]


def test_an_emulator_that_ends_has_none() -> None:
    """The page is then shown with what there was."""
    with Loopback(close) as server:
        assert kept_messages(server.url) == []
