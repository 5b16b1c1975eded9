"""The invariants can fail: without any one protection some interleaving violates what it protects."""

import pytest

from tests.interleavings.interleaving import Interleavings
from tests.interleavings.protections import REMOVALS

MOST_SEEDS = 10_000

# Found after some thousand seeds, the others after some hundred at most.
RARE = ("a record outlasts its worker by the difference of clocks", "a replay keeps its ID")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full] if name in RARE else []) for name in REMOVALS]
)
def test_a_removed_protection_is_found_within_ten_thousand_interleavings(name: str) -> None:
    """The violation is the one that the protection prevents, and nothing else is violated before it."""
    removal = REMOVALS[name]
    with removal.during():
        found = next(Interleavings(removal.protections).run(range(1, MOST_SEEDS + 1)), None)
    assert found is not None
    assert any(removal.sentence in sentence for sentence in found.sentences), found
