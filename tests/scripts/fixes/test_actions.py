"""The table of `dead-letters fix`: one action for each cause."""

import pytest

from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.fixes.actions import FixAction, action_for
from tests.scripts.fixes.dead import DENIED, explained, failing


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
    assert action_for(explained(recorded)) is action


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
    assert action_for(explained(Cause("transient"), failure)) is action


def test_f74_only_a_target_of_the_stack_is_recreated() -> None:
    """Others belong to somebody else."""
    found = explained(Cause("refused"), failing("refused"))
    assert action_for(found) is FixAction.none
    assert action_for(found._replace(is_fixable=True)) is FixAction.recreate


def test_f74_what_is_ignored_or_not_known_is_left() -> None:
    """A replay of either would be a guess; a failure without a route has no line to open."""
    assert action_for(explained(Cause("transient"), delivers=False)) is FixAction.none
    assert action_for(explained(Cause("transient"))._replace(doubt="no answer")) is FixAction.none
    assert action_for(explained(Cause("transient"), failing("template", route=""))) is FixAction.none
