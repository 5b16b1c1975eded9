"""Adding a route to the text of a routes file: what is added where, and what is rejected."""

import pytest

from processor.routing.compile import compile_routes
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.route_text import NewRoute, with_route

ROUTE = NewRoute("lost", "lost-items", ["LOAN"], ["LOAN_LOST", "NO"])
ADDED = """\
  - name: lost
    when: {action: [LOAN], event: {value: [LOAN_LOST, "NO"]}}
    deliver:
      - topic: lost-items
"""
LOANS = "routes:\n  # all loans\n  - name: loans\n    deliver: [{topic: loans}] # one\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# ours\ntopics: [loans] # made\n\n", "# ours\ntopics: [loans, lost-items] # made\n\n"),
        ("topics: [loans, ]\n", "topics: [loans, lost-items, ]\n"),
        ('topics: [\n  loans,\n  "b"\n]\n', 'topics: [\n  loans,\n  "b", lost-items\n]\n'),
        ("topics:\n- loans # made\n# next\n", "topics:\n- loans # made\n- lost-items\n# next\n"),
        ("topics:\n  - {name: loans}\n", "topics:\n  - {name: loans}\n  - lost-items\n"),
        ("topics: [loans, lost-items]\n", "topics: [loans, lost-items]\n"),
    ],
)
def test_the_topic_is_added_to_each_form_of_the_list(before: str, after: str) -> None:
    """Comments and other lines stay; a topic that is there already is not added twice."""
    assert with_route(before + LOANS, ROUTE) == after + LOANS + ADDED


@pytest.mark.parametrize("topics", ["", "topics: []\n"])
def test_the_first_topic_is_added(topics: str) -> None:
    """A file whose routes deliver to ARNs only needs no topics."""
    routes = LOANS.replace("topic: loans", 'topic: "arn:aws:sns:us-east-1:123456789012:loans"')
    expected = "topics: [lost-items]\n" + ("" if topics else "\n")
    assert with_route(topics + "# about\n" + routes, ROUTE) == f"{expected}# about\n{routes}{ADDED}"


def test_a_file_with_typed_values_is_extended() -> None:
    """The tag !json stays as it is."""
    text = "topics: [loans, lost-items]\n" + LOANS.replace("loans}]", "loans, message: {a: !json '1'}}]")
    assert with_route(text, ROUTE) == text + ADDED


def test_the_route_is_the_last_one_before_the_next_key() -> None:
    """The comment above that key stays with it, and dashes keep their column."""
    text = (
        "topics: [a]\nroutes:\n- name: a\n  deliver: [{topic: a}]\n\n# by stage\nstages: {dev: {}, stg: {}, prod: {}}\n"
    )
    block = "".join(line[2:] + "\n" for line in ADDED.splitlines())
    expected = text.replace("[a]\nr", "[a, lost-items]\nr").replace("\n\n# by", f"\n{block}\n# by")
    assert with_route(text, ROUTE) == expected
    assert [each.route.name for each in compile_routes(expected).routes] == ["a", "lost"]


def test_line_ends_and_a_missing_last_one_are_kept_apart() -> None:
    """Added lines end as the others do."""
    text = ("topics: [loans]\n" + LOANS).rstrip("\n").replace("\n", "\r\n")
    expected = ("topics: [loans, lost-items]\n" + LOANS + ADDED).replace("\n", "\r\n")
    assert with_route(text, ROUTE) == expected


def test_a_name_that_is_taken_is_rejected() -> None:
    """The file would be invalid."""
    with pytest.raises(ConfigurationError, match="A route loans is there already"):
        with_route("topics: [loans]\n" + LOANS, ROUTE._replace(name="loans"))


@pytest.mark.parametrize(
    "text",
    [
        "topics: [loans]\nroutes: [{name: loans, deliver: [{topic: loans}]}]\n",
        "{topics: [loans], routes: [{name: loans, deliver: [{topic: loans}]}]}\n",
        "topics: &t [loans]\nroutes:\n  - {name: a, when: {action: *t}, deliver: [{topic: loans}]}\n",
    ],
)
def test_a_file_that_cannot_be_extended_is_rejected(text: str) -> None:
    """The result is compared with what it should say, so that no form is damaged."""
    with pytest.raises(ConfigurationError, match="Add the route by hand"):
        with_route(text, ROUTE)
