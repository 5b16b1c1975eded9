"""The table of `dead-letters fix`: one action for each cause."""

import pytest

from processor.errors import Permanent
from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.dead_letters.explain import Explained
from scripts.fixes.actions import Decision, FixAction, decide
from tests.scripts.fixes.dead import DENIED, explained, failing


def action_of(found: Explained) -> FixAction:
    return decide(found).action


@pytest.mark.parametrize(
    ("recorded", "action"),
    [
        (Cause("transient", "AWS returned Throttling"), FixAction.replay),
        (Cause(CRASHED), FixAction.replay),
        (Cause("unknown"), FixAction.replay),
        (Cause("template"), FixAction.replay),
        (Cause("refused", "AWS returned NotFound"), FixAction.replay),
        (Cause("refused", DENIED), FixAction.allow),
        (Cause("refused", "AWS returned KmsAccessDenied"), FixAction.allow),
        (Cause("transient", DENIED), FixAction.replay),
        (Cause("too-old"), FixAction.none),
    ],
)
def test_f74_a_dead_letter_whose_delivery_would_succeed_is_replayed(recorded: Cause, action: FixAction) -> None:
    """But for a missing right, which is not looked up, and an event that a target may have."""
    assert action_of(explained(recorded)) is action


@pytest.mark.parametrize(
    ("cause_class", "action"),
    [
        ("template", FixAction.change_route),
        ("no-target", FixAction.change_route),
        ("too-large", FixAction.change_route),
        ("refused", FixAction.none),
        ("not-parsed", FixAction.none),
        ("envelope", FixAction.none),
    ],
)
def test_f74_a_dead_letter_that_would_fail_again_is_not_replayed(cause_class: str, action: FixAction) -> None:
    """What a replay would do now counts, not what was recorded."""
    failure = failing(cause_class)  # type: ignore[arg-type] # the classes above
    assert action_of(explained(Cause("transient"), failure)) is action


def test_f74_only_a_target_of_the_stack_is_recreated() -> None:
    """Others belong to somebody else."""
    failure = failing("refused", target="topic:x")
    found = explained(Cause("refused"), failure)
    assert action_of(found) is FixAction.none
    assert decide(found._replace(fixable=frozenset({failure}))) == Decision(FixAction.recreate, failure, ("topic:x",))


def test_f74_what_is_ignored_or_not_known_is_left() -> None:
    """A replay of either would be a guess; a failure without a route has no line to open."""
    assert action_of(explained(Cause("transient"), delivers=False)) is FixAction.none
    assert action_of(explained(Cause("transient"))._replace(doubt="no answer")) is FixAction.none
    assert action_of(explained(Cause("transient"), failing("template", route=""))) is FixAction.none


BROKEN = failing("template", "broken", target="topic:b")
GONE = failing("refused", "gone", target="topic:g")
OUTSIDE = failing("refused", "outside", target="queue:q")
POISON = failing("not-parsed", "")


@pytest.mark.parametrize(
    ("failures", "decision"),
    [
        ((BROKEN, GONE), Decision(FixAction.change_route, BROKEN, ("topic:g",))),
        ((GONE, BROKEN), Decision(FixAction.change_route, BROKEN, ("topic:g",))),
        ((GONE,), Decision(FixAction.recreate, GONE, ("topic:g",))),
        ((BROKEN, OUTSIDE), Decision(FixAction.none, OUTSIDE)),
        ((GONE, OUTSIDE), Decision(FixAction.none, OUTSIDE)),
        ((GONE, BROKEN, POISON), Decision(FixAction.none, POISON)),
    ],
)
def test_f74_the_weakest_action_of_several_failures_counts(failures: tuple[Permanent, ...], decision: Decision) -> None:
    """In any order; if this command can do everything that they need, it does all of it."""
    found = explained(Cause("template"), *failures)._replace(fixable=frozenset({GONE}))
    assert decide(found) == decision


def test_f74_of_several_failures_with_the_same_action_the_first_decides() -> None:
    """A target that several routes use is recreated once."""
    again = failing("refused", "again", target="topic:g")
    found = explained(Cause("template"), GONE, again)._replace(fixable=frozenset({GONE, again}))
    assert decide(found) == Decision(FixAction.recreate, GONE, ("topic:g",))


def test_f74_a_missing_right_and_an_unknown_target_count_besides_a_failure() -> None:
    """But not a right for what a replay would no longer deliver: its route fails before AWS is asked."""
    denied = Cause("refused", DENIED, "loans", "topic:loan-created")
    assert decide(explained(denied, BROKEN)) == Decision(FixAction.allow)
    assert decide(explained(denied._replace(target="topic:other"), BROKEN)).action is FixAction.change_route
    assert decide(explained(Cause("template"), BROKEN)._replace(doubt="no answer")) == Decision(FixAction.none)
    assert decide(explained(Cause("too-old"), BROKEN)) == Decision(FixAction.none)


def test_f74_another_delivery_that_aws_refused_is_left_while_its_target_is_there() -> None:
    """Its reason is not recorded: it may be a missing right. A target that no route delivers to does not count."""
    other = Cause("refused", route="loans", target="topic:loan-created")
    fixed = Cause("template", route="removed", others=(other,))
    assert decide(explained(fixed)) == Decision(FixAction.none, unexplained=(other,))
    renamed = other._replace(route="renamed")
    assert decide(explained(fixed._replace(others=(renamed,)))).unexplained == (renamed,)
    for replayed in (other._replace(target="topic:removed"), other._replace(category="template")):
        assert decide(explained(fixed._replace(others=(replayed,)))) == Decision(FixAction.replay)


def test_f74_another_delivery_that_aws_refused_counts_besides_other_failures() -> None:
    """The statement of a known right comes first, and a target that is missing explains why it was refused."""
    other = Cause("refused", route="loans", target="topic:loan-created")
    assert decide(explained(Cause("template", others=(other,)), BROKEN)).unexplained == (other,)
    assert decide(explained(Cause("refused", DENIED, others=(other,)))) == Decision(FixAction.allow)
    gone = failing("refused", target="topic:loan-created")
    found = explained(Cause("template", others=(other,)), gone)._replace(fixable=frozenset({gone}))
    assert decide(found) == Decision(FixAction.recreate, gone, ("topic:loan-created",), ("topic:loan-created",))


def test_f74_failures_that_are_not_recorded_leave_the_event() -> None:
    """AWS may have refused those deliveries. Only the statement of a known right, and a failure, come first."""
    recorded = Cause("template", route="removed", others_omitted=3)
    left = Decision(FixAction.none, unrecorded=3)
    assert decide(explained(recorded)) == left
    assert decide(explained(recorded._replace(others=(Cause("refused", target="topic:loan-created"),)))) == left
    assert decide(explained(recorded, BROKEN)) == left
    assert decide(explained(recorded, POISON)) == Decision(FixAction.none, POISON)
    assert action_of(explained(Cause("refused", DENIED, others_omitted=3))) is FixAction.allow
    assert action_of(explained(recorded._replace(others_omitted=0))) is FixAction.replay


def test_f74_the_topics_that_refused_are_those_that_a_replay_would_deliver_to() -> None:
    """A route that fails now may deliver to each of them after its change."""
    recorded = Cause("refused", "AWS returned NotFound", "loans", "topic:loan-created")
    assert decide(explained(recorded)).refused == ("topic:loan-created",)
    elsewhere = recorded._replace(target="topic:removed", others=(Cause("refused", target="queue:q"),))
    assert decide(explained(elsewhere)).refused == ()
    assert decide(explained(elsewhere, BROKEN)).refused == ("topic:removed",)
