"""The line at which a route is opened."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.fixes.route_place import place_of

ROUTES = """topics: [loans]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - name: first
    deliver: [{topic: loans}]
  - name: second
    let:
      queue: "{{ item_loan.queue }}"
    deliver:
      - topic: loans
      - event_bus: arn:aws:events:us-east-1:123456789012:event-bus/invented
        detail_type: "{{ event.value }}"
        input:
          a:
            b: "{{ x }}"
          a.b: "{{ x }}"
          list:
            - !json "{{ x }}"
"""


@pytest.mark.parametrize(
    ("route", "field", "line"),
    [
        ("second", "let.queue", 8),
        ("second", "deliver[1].detail_type", 12),
        ("second", "deliver[1].input.unknown-member", 13),
        ("second", "deliver[1].input.a.b", 15),
        ("second", 'deliver[1].input["a.b"]', 16),
        ("second", "deliver[1].input.list[0]", 18),
        ("second", "deliver[1].input.list[9]", 17),
        ("second", "", 9),
        ("second", "if", 6),
        ("first", "", 5),
        ("gone", "let.queue", 1),
    ],
)
def test_it_is_the_line_of_the_field_that_fails(tmp_path: Path, route: str, field: str, line: int) -> None:
    """Without a field it is what the route delivers; the nearest known part of an unknown one."""
    file = tmp_path / "routes.yaml"
    file.write_text(ROUTES, "utf-8")
    place = place_of(file, route, field)
    assert (place.line, str(place)) == (line, f"{file}:{line}")


def test_an_invalid_file_is_opened_at_its_first_problem(tmp_path: Path) -> None:
    """A missing one is an error."""
    file = tmp_path / "routes.yaml"
    file.write_text(ROUTES.replace("name: second", "nam: second"), "utf-8")
    assert place_of(file, "first", "").line == 6
    with pytest.raises(ConfigurationError, match="cannot be read"):
        place_of(tmp_path / "gone.yaml", "first", "")
