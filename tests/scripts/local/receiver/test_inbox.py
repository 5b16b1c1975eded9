"""The messages of a run, in their order, each new once."""

from scripts.local.receiver.emulator_messages import KeptMessage
from scripts.local.receiver.inbox import MOST_KEPT, Inbox


def test_each_message_is_fresh_once() -> None:
    """Reading all messages between does not change that."""
    kept = [KeptMessage("1", "sms", "+4930123456", "a")]
    inbox = Inbox(lambda: kept)
    inbox.add("slack", "team", "b", 200)
    assert [each.text for each in inbox.messages()] == ["b", "a"]
    assert [each.text for each in inbox.fresh()] == ["b", "a"]
    assert inbox.fresh() == []
    kept.append(KeptMessage("2", "email", "a@b.example", "c", "s"))
    assert [each.text for each in inbox.fresh()] == ["c"]
    assert [each.text for each in inbox.messages()] == ["b", "a", "c"]


def test_the_oldest_messages_are_forgotten() -> None:
    """A long run does not grow without end."""
    inbox = Inbox(list)
    for number in range(MOST_KEPT + 5):
        inbox.add("slack", "team", str(number), 200)
    assert len(inbox.fresh()) == len(inbox.messages()) == MOST_KEPT
    assert inbox.messages()[0].text == "5"
