"""Test the causes of the overview: grouped, ordered and limited."""

from datetime import UTC, datetime

from scripts.console.readings.overview_causes import CauseCount, Causes, causes_of
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.reader import Summary

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def dead(number: int, category: str, route: str = "", target: str = "", reason: str = "") -> Summary:
    cause = Cause(category, reason=reason, route=route, target=target)
    return Summary(f"r{number}", f"m{number}", "", "LOAN", "", "", "alma", cause, NOW, NOW, 0, is_edited=False)


def test_dead_letters_of_one_cause_are_one_row() -> None:
    """The route matters; the reasons and the targets do not, because a fault of a route strikes all of its targets."""
    found = causes_of(
        [
            *(dead(number, "no-target", "loans", "topic:loans", f"reason {number}") for number in range(400)),
            dead(401, "template", "loans", "topic:b", "common"),
            dead(402, "template", "loans", "topic:a", "common"),
            dead(403, "template", "loans", "topic:a", "a"),
            dead(404, "template", "users"),
        ]
    )
    assert found == Causes(
        [
            CauseCount("no-target", "loans", ("topic:loans",), 400, "reason 0", 400),
            CauseCount("template", "loans", ("topic:a", "topic:b"), 3, "common", 2),
            CauseCount("template", "users", ("",), 1, "", 1),
        ],
        0,
    )


def test_five_causes_are_shown_and_the_others_counted() -> None:
    """The most frequent ones come first, and their order does not depend on that of the queue."""
    found_dead = [dead(number, f"cause-{number % 7}") for number in range(21)] + [dead(21, "cause-6")]
    found = causes_of(found_dead)
    assert [each.category for each in found.most_frequent] == ["cause-6", "cause-0", "cause-1", "cause-2", "cause-3"]
    assert found.others == 6
    assert causes_of(reversed(found_dead)) == found


def test_the_total_is_of_all_causes() -> None:
    """Without dead letters there is none."""
    assert causes_of(dead(number, f"cause-{number}") for number in range(9)).total == 9
    assert (causes_of([]), causes_of([]).total) == (Causes([], 0), 0)
