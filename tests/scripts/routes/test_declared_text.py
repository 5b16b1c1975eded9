"""Adding declarations to the text of a routes file."""

import pytest

from processor.routing.models import read
from scripts.routes.declared_text import with_declarations

ROUTES = (
    "# why\n# they are here\n\nstages: {dev: {}}\n\n# the routes\n"
    "routes:\n  - name: all # ours\n    deliver: [{topic: a, message: [!json '1']}]\n"
)
MACHINES = {"pod": "{definition: state-machines/pod.asl.json}"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_declarations_come_before_the_first_key_and_the_rest_stays(end: str) -> None:
    """Comments, line ends and routes are as before."""
    text = ROUTES.replace("\n", end)
    made = with_declarations(text, ["a", "Big", "012", "no"], MACHINES)
    declared = read(made).routes
    assert declared.topic_names == ["a", "Big", "012", "no"]
    assert list(declared.state_machines) == ["pod"]
    first = text.index("stages:")
    assert made.startswith(text[:first])
    assert made.endswith(text[first:])
    assert made.count("\n") == made.count(end)


def test_nothing_to_declare_leaves_the_text_as_it_is() -> None:
    """Its digest stays the same."""
    assert with_declarations(ROUTES, [], {}) == ROUTES


def test_a_byte_order_mark_and_a_document_mark_stay_first() -> None:
    """The declarations go behind both."""
    for mark in ("---\n", "\ufeff"):
        made = with_declarations(mark + ROUTES, ["a"], {})
        assert made.startswith(mark + "# why\n")
        assert read(made).routes.topic_names == ["a"]
