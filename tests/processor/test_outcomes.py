"""Outcomes: one per event, by rank."""

from itertools import permutations

import pytest

from processor.outcomes import Outcome, of_event


def test_an_event_without_deliveries_is_ignored() -> None:
    """An event without a matching route is ignored, which is not an error."""
    assert of_event([]) is Outcome.IGNORED


@pytest.mark.parametrize(
    ("deliveries", "outcome"),
    [
        ({Outcome.DEAD, Outcome.DELIVERED, Outcome.DUPLICATE, Outcome.IGNORED}, Outcome.DEAD),
        ({Outcome.DELIVERED, Outcome.DUPLICATE}, Outcome.DELIVERED),
        ({Outcome.DUPLICATE, Outcome.IGNORED}, Outcome.DUPLICATE),
    ],
)
def test_the_highest_rank_is_the_events_outcome(deliveries: set[Outcome], outcome: Outcome) -> None:
    """The rank is dead, delivered, duplicate, ignored, independent of the order of the deliveries."""
    assert {of_event(order) for order in permutations(deliveries)} == {outcome}
