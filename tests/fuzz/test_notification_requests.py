"""The producer answers every event of the gateway, and accepts only genuine messages of SNS."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.values import JSON, mutated
from tests.notifications.gateway_events import event
from tests.notifications.sns_messages import confirmation, notification
from tests.notifications.test_producer import Stack, post, sns_post

MESSAGES = (notification(), notification(Subject="Job"), confirmation())
UNSIGNED = {"UnsubscribeURL", "SigningCertURL"}  # the certificate is the same for each URL here


@example(event("{\ud800", x_api_key="\ud800", x_topic_hash_x="\ud800"))
@given(st.one_of(JSON, mutated(st.sampled_from([post(), sns_post(notification()), event(method="OPTIONS")]))))
def test_any_gateway_event_is_answered(given_event: Any) -> None:
    """No event causes a 5XX, and each rejection has a sentence."""
    status, members = Stack().answer(given_event)
    assert status in {200, 400, 403, 404, 405}
    assert status == 200 or members.keys() == {"message"}


@given(mutated(st.sampled_from(MESSAGES)))
def test_a_changed_message_of_sns_is_not_accepted(message: Any) -> None:
    """Only a message whose signed members are those of a genuine one is accepted."""
    stack = Stack()
    status, _ = stack.answer(sns_post(message))
    if status == 200:
        assert any(
            all(message.get(name) == value for name, value in each.items() if name not in UNSIGNED) for each in MESSAGES
        )
    else:
        assert status in {400, 403}
        assert (stack.sqs.batches, stack.sns.tokens) == ([], [])
