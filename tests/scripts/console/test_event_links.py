"""Links to the page of an event."""

import pytest

from scripts.console.event_links import event_path


@pytest.mark.parametrize(("id_", "path"), [("r1", "/events/r1"), ("../a?b#c", "/events/..%2Fa%3Fb%23c")])
def test_an_id_stays_one_part_of_the_path(id_: str, path: str) -> None:
    """A forged ID leads to no other page."""
    assert event_path(id_) == path
