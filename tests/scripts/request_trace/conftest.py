"""A stage without notifications, unless a test adds them."""

import pytest

from scripts.aws.stack import Stack

NOTIFICATIONS = "alma-webhooks-dev-notifications"
PRODUCER = f"/aws/lambda/{NOTIFICATIONS}-producer"
SENDER = f"/aws/lambda/{NOTIFICATIONS}-sender"
NOTIFIED = Stack(NOTIFICATIONS, {"ProducerLogGroupName": PRODUCER, "SenderLogGroupName": SENDER})


@pytest.fixture(autouse=True)
def no_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation, for which moto needs more packages, is not asked."""
    monkeypatch.setattr("scripts.request_trace.log.notifications_of", lambda _: None)
