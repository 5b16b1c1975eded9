"""Samples on which routes fail, against the failures that are expected."""

from pathlib import Path

import pytest

from tests.samples import STAGES
from tests.scripts.routes.sample_folder import folder, verdict

FAILING = """topics: [good]
routes:
  - {name: good, deliver: [{topic: good}]}
  - {name: b, deliver: [{topic: "{{ no_b }}"}]}
  - {name: c, if: "no_c == 1", deliver: [{topic: good}]}
"""


def failing(path: Path, expect: str) -> list[str]:
    """Return the differences of an event that two routes fail on."""
    folder(path, expect)
    (path / "routes.yaml").write_text(f"{STAGES}{FAILING}")
    return verdict(path).differences


GOOD = "{route: good, target: 'topic:good'}"


def test_f69_an_unexpected_dead_letter_names_every_route_that_fails(tmp_path: Path) -> None:
    """And an expected route that does not exist; the reason of one that fails is not repeated."""
    others = "{route: b, target: 'topic:x'}, {route: c, target: 'topic:good'}, {route: z, target: 'topic:x'}"
    outcome, missing = failing(tmp_path, f"{{outcome: delivered, deliveries: [{GOOD}, {others}]}}")
    assert outcome == (
        "outcome dead, expected delivered (template: '{{ no_b }}' uses a field that the event does not have, route b, "
        "deliver[0].topic; template: 'no_c == 1' uses a field that the event does not have, route c, if)"
    )
    assert missing == "there is no route z"


def test_failures_with_one_reason_are_distinguished_by_their_places(tmp_path: Path) -> None:
    """Two entries of a route can have the same text."""
    folder(tmp_path, "{outcome: delivered, route: twice, target: 'topic:good'}")
    entry = "{topic: good, name: NAME, message: !json '{{ action }}'}"
    both = f"[{entry.replace('NAME', 'one')}, {entry.replace('NAME', 'two')}]"
    (tmp_path / "routes.yaml").write_text(f"{STAGES}topics: [good]\nroutes: [{{name: twice, deliver: {both}}}]\n")
    [outcome] = verdict(tmp_path).differences
    reason = "template: '{{ action }}' does not produce JSON; write text from Alma with | tojson, route twice"
    assert outcome.endswith(f"({reason}, deliver[0].message; {reason}, deliver[1].message)")


@pytest.mark.parametrize(
    ("expect", "differences"),
    [
        (f"deliveries: [{GOOD}]", []),
        (f"deliveries: [{GOOD}], failing: [c, b]", []),
        (
            f"deliveries: [{GOOD}], failing: [b]",
            ["route c fails: template: 'no_c == 1' uses a field that the event does not have, if"],
        ),
        (f"deliveries: [{GOOD}], failing: [b, c, good]", ["route good does not fail"]),
        (
            f"deliveries: [{GOOD}, {{route: c, target: 'topic:good'}}]",
            ["no delivery to topic:good by route c: template: 'no_c == 1' uses a field"],
        ),
        ("failing: [b, c]", ["unexpected delivery to topic:good by route good"]),
    ],
)
def test_f69_an_expected_dead_letter_is_compared_with_every_route_that_fails(
    expect: str, differences: list[str], tmp_path: Path
) -> None:
    """If the expectation names them; the deliveries of the others are compared as always."""
    found = failing(tmp_path, f"{{outcome: dead, {expect}}}")
    assert len(found) == len(differences)
    assert all(each.startswith(expected) for each, expected in zip(found, differences, strict=True)), found


def test_f69_an_event_that_is_not_parsed_has_no_failing_route(tmp_path: Path) -> None:
    """Its failure is one more difference."""
    path = folder(tmp_path, "{outcome: dead, failing: [a]}", body={})
    assert verdict(path).differences == [
        "unexpected failure: not-parsed: The body has no member action, or it is not text.",
        "route a does not fail",
    ]
