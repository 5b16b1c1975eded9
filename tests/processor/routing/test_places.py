"""Places as text: each path has a text of its own, and the text has the path."""

import pytest

from processor.routing.places import path_of, place_of
from processor.routing.yaml_lines import YamlPath


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("deliver", 0, "topic"), "deliver[0].topic"),
        (("input", "list", 1, "date"), "input.list[1].date"),
        (("input", "a.b"), 'input["a.b"]'),
        (("input", "a", "b"), "input.a.b"),
        (("input", "", "x[0]", 'say "é"'), 'input[""]["x[0]"]["say \\"\\u00e9\\""]'),
        ((0, "a"), "[0].a"),
        ((), ""),
    ],
)
def test_a_path_and_its_place(path: YamlPath, place: str) -> None:
    """Keys that look like several steps are quoted, so no other path has the same place."""
    assert place_of(path) == place
    assert path_of(place) == path


@pytest.mark.parametrize("text", ['a["\\q"].b', 'a["\n"].b', "a[x].b", f"a[{'9' * 5000}].b", '"', "]["])
def test_text_that_is_not_a_place_has_the_steps_that_can_be_read(text: str) -> None:
    """The field of a dead letter can have any text."""
    assert all(isinstance(step, str | int) for step in path_of(text))
