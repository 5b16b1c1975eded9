"""Checks of a whole routes file: what would fail on every event is found without one."""

from pathlib import Path

import pytest

from processor.route_checks import load, problems
from processor.routes import InvalidRoutesError, read
from tests.processor.test_routes import GOOD


def test_a_good_file_has_no_problems() -> None:
    """The file that the other tests spoil is good."""
    assert problems(read(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  prod: {marker: prod}\n", "", "line 1, stages: the stage prod is missing"),
        ("stg: {marker: stage}", "stg: {}", "line 3, stages.stg: the stage stg has no variable marker"),
        ("name: jobs", "name: loans", "line 9, route loans, name: the name loans is used by 2 routes"),
        ("{action: [LOAN]}", "{action: LOAN}", "line 7, route loans, when.action: a field's conditions stand"),
        ("{action: [LOAN]}", "{}", "line 7, route loans, when: a pattern is an object with at least one field"),
        ("[LOAN]", "[{like: x}]", "line 7, route loans, when.action[0]: 'like' is no operator"),
        ("[LOAN]", '["{{ mark }}"]', "line 7, route loans, when.action[0]: '{{ mark }}' names mark; when knows"),
        ("[LOAN]", '["{{ marker"]', "line 7, route loans, when.action[0]: '{{ marker' is no valid template"),
        ("[LOAN]", '["{{ marker + 1 }}"]', "line 7, route loans, when.action[0]: '{{ marker + 1 }}' fails"),
        ("{{ action }}", "{{ action", "line 10, route jobs, let.kind: '{{ action' is not valid"),
        ('== "JOB_END"', "==", "line 11, route jobs, if: 'kind ==' is not valid"),
        ("topic: loans", "topic: '{{ x | y }}'", "line 8, route loans, deliver[0].topic: '{{ x | y }}' is not valid"),
        ("execution_name: job", "execution_name: '{{'", "line 14, route jobs, deliver[0].execution_name: '{{' is"),
        ("{{ kind }}", "{{ kind }", "line 15, route jobs, deliver[0].input.kind: '{{ kind }' is not valid"),
        (
            "{topic: loans}",
            "{topic: loans}, {topic: loans}",
            "line 8, route loans, deliver[1]: another entry delivers to loans too; give each a name of its own",
        ),
    ],
)
def test_what_would_fail_on_every_event_is_found(old: str, new: str, message: str) -> None:
    """Each problem names line, route and field, before any event comes."""
    assert old in GOOD
    found = problems(read(GOOD.replace(old, new, 1)))
    assert any(str(problem).startswith(message) for problem in found), [str(problem) for problem in found]


def test_two_entries_to_one_target_with_names_are_fine() -> None:
    """A name tells two deliveries of one route to one target apart."""
    two = "{topic: loans, name: first}, {topic: loans, name: second}"
    assert problems(read(GOOD.replace("{topic: loans}", two))) == []


def test_a_problem_of_every_stage_is_said_once() -> None:
    """Three stages do not make three problems of one."""
    assert len(problems(read(GOOD.replace("[LOAN]", "LOAN")))) == 1


def test_load_refuses_a_file_with_a_problem(tmp_path: Path) -> None:
    """What has a problem is not loaded at all."""
    path = tmp_path / "routes.yaml"
    path.write_text(GOOD.replace("{{ action }}", "{{ action"), "utf-8")
    with pytest.raises(InvalidRoutesError, match=r"let\.kind"):
        load(path)
