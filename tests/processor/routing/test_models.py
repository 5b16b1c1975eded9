"""The format of routes.yaml: valid files are read, and problems are reported."""

import pytest

from processor.routing.deliver import StateMachineEntry, TopicEntry
from processor.routing.models import InvalidRoutesError, Problem, read

GOOD = """\
stages:
  dev: {marker: Dev1}
  stg: {marker: stage}
  prod: {marker: prod}
routes:
  - name: loans
    when: {action: [LOAN]}
    deliver: [{topic: loans}]
  - name: jobs
    let: {kind: "{{ action }}"}
    if: kind == "JOB_END"
    deliver:
      - state_machine: jobs
        execution_name: job
        input: {kind: "{{ kind }}"}
"""


def test_a_valid_file_is_read() -> None:
    """Stages, routes and both kinds of entries are read as written."""
    routes = read(GOOD).routes
    assert routes.stages["stg"] == {"marker": "stage"}
    loans, jobs = routes.routes
    assert loans.deliver == [TopicEntry(topic="loans")]
    assert jobs.condition == 'kind == "JOB_END"'
    assert jobs.deliver == [StateMachineEntry(state_machine="jobs", execution_name="job", input={"kind": "{{ kind }}"})]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{marker: Dev1}", "{mark-er: Dev1}", "line 2, stages.dev.mark-er: a name has letters, digits"),
        ("stage}", "yes}", "line 3, stages.stg.marker: yes is ambiguous: YAML readers can take it for"),
        ("stage}", "3}", "line 3, stages.stg.marker: expected text; put it in quotes"),
        ("  prod:", "  live:", "line 4, stages.live: input should be 'dev', 'stg' or 'prod'"),
        ("name: loans", "name: my loans", "line 6, route my loans, name: a name has letters, digits"),
        ("    if:", "    unless:", "line 11, route jobs, unless: unknown key 'unless'"),
        ("    if:", "    Xif:", "line 11, route jobs, Xif: unknown key 'Xif'"),
        ("[{topic: loans}]", "[]", "line 8, route loans, deliver: the list is empty"),
        (
            "{topic: loans}",
            "{sink: x}",
            "line 8, route loans, deliver[0]: an entry of deliver needs exactly one target",
        ),
        ("{topic: loans}", "{topic: x, state_machine: z}", "line 8, route loans, deliver[0]: an entry"),
        ("{topic: loans}", "{topic: x, input: {}}", "line 8, route loans, deliver[0].input: unknown key 'input'"),
        (
            "{topic: loans}",
            "{topic: 3}",
            "line 8, route loans, deliver[0].topic: expected text; put it in quotes",
        ),
        ("{topic: loans}", "{topic: [x]}", "line 8, route loans, deliver[0].topic: expected text"),
        ("[{topic: loans}]", "{topic: loans}", "line 8, route loans, deliver: expected a list, with a dash"),
        ("{action: [LOAN]}", "[LOAN]", "line 7, route loans, when: expected names with values"),
        (
            "name: loans",
            "name: loans\n    fallback: 'yes'",
            "line 7, route loans, fallback: expected true or false",
        ),
        ("{topic: loans}", "{topic: {{ x }}}", "line 8: put a value with {{ … }} in quotes"),
        ("let: {kind", "let: {my-kind", "line 10, route jobs, let.my-kind: a name has letters, digits"),
        ('{kind: "{{ kind }}"}', "1", "line 15, route jobs, deliver[0].input: expected text, names with values, or"),
        ("    deliver: [{topic: loans}]\n", "", "line 6, route loans: deliver is missing"),
        ("name: loans", "title: loans", "line 6, route number 1: name is missing"),
        ("routes:\n", "routs:\n", "line 5, routs: unknown key 'routs'"),
        ("stg:", "dev:", "line 3, stages.dev: duplicate key dev on lines 2 and 3; remove one"),
        ("{marker: Dev1}", "{marker: Dev1", "line 3: "),
    ],
)
def test_a_problem_has_line_route_field_and_reason(old: str, new: str, message: str) -> None:
    """Each problem has the line and says how to fix it."""
    assert old in GOOD
    with pytest.raises(InvalidRoutesError) as raised:
        read(GOOD.replace(old, new, 1))
    assert any(str(problem).startswith(message) for problem in raised.value.problems), str(raised.value)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(3, "loans", "when", "odd"), "line 3, route loans, when: odd"),
        (Problem(0, "loans", "", "odd"), "route loans: odd"),
        (Problem(0, "", "", "odd"), "odd"),
    ],
)
def test_an_unknown_place_is_omitted(problem: Problem, text: str) -> None:
    """A problem without a line, route or field does not mention it."""
    assert str(problem) == text


def test_all_problems_of_a_file_are_reported_together() -> None:
    """One error has all problems of a file."""
    assert str(InvalidRoutesError([Problem(1, "", "", "a"), Problem(2, "", "", "b")])) == "line 1: a; line 2: b"


def test_invalid_yaml_is_reported_with_its_line() -> None:
    """The route and field of invalid YAML are not known."""
    with pytest.raises(InvalidRoutesError) as raised:
        read("\ta: 1\n")
    assert raised.value.problems == [Problem(1, "", "", "unexpected tab; indent YAML with spaces")]


@pytest.mark.parametrize(("topic", "advice"), [("3", "; put it in quotes"), ("[x]", ""), ("{a: b}", "")])
def test_quotes_are_suggested_for_scalars_only(topic: str, advice: str) -> None:
    """The advice to quote a value is not given for lists and objects."""
    with pytest.raises(InvalidRoutesError) as raised:
        read(GOOD.replace("{topic: loans}", f"{{topic: {topic}}}"))
    assert [problem.reason for problem in raised.value.problems] == ["expected text" + advice]


@pytest.mark.parametrize("text", ["[]", "text"])
def test_a_file_that_is_not_a_mapping_is_an_error(text: str) -> None:
    """A file that is not a mapping is an error."""
    with pytest.raises(InvalidRoutesError, match=r"^line 1: expected names with values$"):
        read(text)


@pytest.mark.parametrize("text", ["", "[]", "text", "routes: 3\nstages: 3\n"])
def test_any_other_file_is_rejected(text: str) -> None:
    """Every invalid file raises InvalidRoutesError."""
    with pytest.raises(InvalidRoutesError):
        read(text)


def test_an_empty_file_has_a_reason_of_its_own() -> None:
    """The reason says what it needs."""
    with pytest.raises(InvalidRoutesError) as raised:
        read("")
    assert [problem.reason for problem in raised.value.problems] == ["the file is empty: it needs `routes:`"]


def test_an_empty_stage_is_no_empty_file() -> None:
    """A part of the file that has no value yet is of the wrong form."""
    with pytest.raises(InvalidRoutesError, match=r"line 2, stages\.dev: expected names with values"):
        read(GOOD.replace("{marker: Dev1}", "null"))
