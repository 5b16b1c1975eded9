"""Dead letters are grouped by action, cause and next step."""

from processor.delivery import QueueDelivery
from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.dead_letters.reports.explain import AdviceContext
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroups
from tests.scripts.fixes.dead import DENIED, explained, failing


def test_the_largest_group_is_first_and_keeps_one_reason() -> None:
    """The reason is free text and does not separate groups; the cause is that of a replay now."""
    groups = CauseGroups(AdviceContext("--stage dev"))
    groups.add(explained(Cause("transient", "busy"), id_="a"))
    groups.add(explained(Cause("transient"), failing("template", field="let.x"), id_="b"))
    groups.add(explained(Cause("transient", "a timeout"), id_="c"))
    first, second = groups
    assert (first.action, first.cause.reason, first.ids) == (FixAction.replay, "busy", ("a", "c"))
    assert (second.action, second.cause.field, second.ids) == (FixAction.change_route, "let.x", ("b",))


def test_f74_of_copies_the_one_with_a_cause_counts() -> None:
    """SQS moves a copy without a cause, which alone would be replayed although AWS refused it."""
    for causes in ([Cause(CRASHED), Cause("refused", DENIED)], [Cause("refused", DENIED), Cause(CRASHED)]):
        groups = CauseGroups(AdviceContext("--stage dev"))
        for cause in causes:
            groups.add(explained(cause))
        [group] = groups
        assert (group.action, group.ids) == (FixAction.allow, ("r1",))


def test_f74_only_topics_have_subscriptions_to_check() -> None:
    """Other targets that refused a delivery have none."""
    queue = "queue:arn:aws:sqs:us-east-1:123456789012:q"
    texts = []
    for target in ("topic:loan-created", queue):
        found = explained(Cause("template", route="removed", others=(Cause("refused", route="loans", target=target),)))
        assert found.explanation.plan is not None
        found.explanation.plan.steps.append(QueueDelivery("loans", queue.partition(":")[2], "other", "{}", {}))
        groups = CauseGroups(AdviceContext("--stage dev"))
        groups.add(found)
        [group] = groups
        assert group.step is not None
        values = dict(group.step.values)
        texts.append((values["targets"], "the subscriptions of a topic" in values["subscriptions"]))
    assert texts == [("topic:loan-created", True), (queue, False)]
