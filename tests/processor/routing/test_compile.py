"""The checks of a routes file find problems that would fail every event."""

from pathlib import Path
from typing import Any

import pytest

from processor.alma.events import parse
from processor.routing.compile import compile_routes, load
from processor.routing.models import InvalidRoutesError
from processor.routing.router import Router
from processor.routing.template_environment import Environment
from tests.processor.routing.routes_files import problems
from tests.processor.routing.test_models import GOOD
from tests.samples import body_of, envelope_of


def test_a_valid_file_has_no_problems() -> None:
    """The file that the other tests change is valid."""
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  prod: {marker: prod}\n", "", "line 1, stages: the stage prod is missing"),
        ("  dev: {marker: Dev1}\n  stg: {marker: stage}\n", "", "line 1, stages: the stage stg is missing"),
        ("stg: {marker: stage}", "stg: {}", "line 3, stages.stg: the stage stg lacks the variable marker"),
        ("name: jobs", "name: loans", "line 9, route loans, name: the name loans is used by 2 routes"),
        ("{action: [LOAN]}", "{action: LOAN}", "line 7, route loans, when.action: expected a list of conditions"),
        ("{action: [LOAN]}", "{}", "line 7, route loans, when: expected an object with at least one field"),
        ("[LOAN]", "[{like: x}]", "line 7, route loans, when.action[0]: unknown operator 'like'"),
        (
            "[LOAN]",
            '["{{ mark }}"]',
            "line 7, route loans, when.action[0]: '{{ mark }}' uses mark; "
            "templates in when can only use the variables of the stage (marker)",
        ),
        (
            "[LOAN]",
            '["{{ b }}{{ a }}"]',
            "line 7, route loans, when.action[0]: '{{ b }}{{ a }}' uses a, b; templates in when can only use",
        ),
        ("[LOAN]", '["{{ marker"]', "line 7, route loans, when.action[0]: '{{ marker' is not a valid template"),
        ("[LOAN]", '["{{ marker + 1 }}"]', "line 7, route loans, when.action[0]: '{{ marker + 1 }}' fails"),
        ("{{ action }}", "{{ action", "line 10, route jobs, let.kind: '{{ action' is not valid"),
        ('== "JOB_END"', "==", "line 11, route jobs, if: 'kind ==' is not valid"),
        ("topic: loans", "topic: '{{ x | y }}'", "line 8, route loans, deliver[0].topic: '{{ x | y }}' is not valid"),
        ("execution_name: job", "execution_name: '{{'", "line 14, route jobs, deliver[0].execution_name: '{{' is"),
        (
            "topic: loans",
            "topic: '{{ action | slugg }}'",
            "line 8, route loans, deliver[0].topic: '{{ action | slugg }}' is not valid: No filter named 'slugg'. "
            "Did you mean 'slug'?",
        ),
        ("{{ kind }}", "{{ kind }", "line 15, route jobs, deliver[0].input.kind: '{{ kind }' is not valid"),
        (
            'input: {kind: "{{ kind }}"}',
            'input: {a.b.c: "{{ kind }"}',
            "line 15, route jobs, deliver[0].input[\"a.b.c\"]: '{{ kind }' is not valid",
        ),
        (
            "{topic: loans}",
            "{topic: loans}, {topic: loans}",
            "line 8, route loans, deliver[1]: another entry also delivers to loans; give each entry its own name",
        ),
    ],
)
def test_problems_that_fail_every_event_are_found(old: str, new: str, message: str) -> None:
    """Each problem has line, route and field before any event arrives."""
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert any(str(problem).startswith(message) for problem in found), [str(problem) for problem in found]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "{action: [LOAN]}",
            "{actoin: [LOAN]}",
            "line 7, route loans, when.actoin: unknown member 'actoin'; did you mean 'action'?",
        ),
        ("[LOAN]", "[loan]", "line 7, route loans, when.action: actions are upper case in routes; write LOAN"),
        ("[LOAN]", "[{anything-but: [job_end]}]", "when.action: actions are upper case in routes; write JOB_END"),
        ("[LOAN]", "[{prefix: job}]", "when.action: actions are upper case in routes; write JOB"),
        (
            "{topic: loans}",
            "{event_bus: x, source: aws.alma}",
            "deliver[0].source: sources that start with aws. are reserved",
        ),
        (
            "action: [LOAN]",
            "event: [LOAN_LOST]",
            "when.event: event is an object; match its code as event: {value: [CODE]}",
        ),
        (
            "action: [LOAN]",
            "event.value: [X]",
            'when["event.value"]: a dotted name does not match nested members; write event: {value: ',
        ),
        (
            "action: [LOAN]",
            "bib: {a.b: [X]}",
            'when.bib["a.b"]: a dotted name does not match nested members; write a: {b: […]}',
        ),
        ("{action: [LOAN]}", "{$or: [{action: [loan]}, {id: [x]}]}", "when.$or[0].action: actions are upper case"),
        ("{{ action }}", "{{ acton }}", "line 10, route jobs, let.kind: unknown name 'acton'; did you mean 'action'?"),
        (
            "topic: loans",
            "topic: '{{ [1] }}'",
            "line 8, route loans, deliver[0].topic: '{{ [1] }}' needs text, but the value is a list",
        ),
        ("topic: loans", "topic: '{{ 10 ** 9 * \"x\" }}'", "' produces too much text or too many elements"),
        (
            "topic: loans",
            "topic: '{{ [1] | random }}'",
            "is not valid: the filter random does not exist: every attempt",
        ),
        ("if: kind", "if: kin", "line 11, route jobs, if: unknown name 'kin'; did you mean 'kind'?"),
        (
            'kind == "JOB_END"',
            "counted(job_instance) > 0",
            "line 11, route jobs, if: 'counted' is a filter, not a function; write",
        ),
        ("topic: loans", "topic: 'x-{{ receipt_id }}'", "deliver[0].topic: a retry by Alma has another receipt_id"),
        (
            "deliver: [{topic: loans}]",
            "deliver: [{state_machine: s, execution_name: '{{ received_at }}'}]",
            "deliver[0].execution_name: a retry by Alma has another received_at, so it would act twice",
        ),
        (
            "let: {kind",
            "profiles: [heartbeat]\n    let: {kind",
            "profiles: routes take no events of the profile heartbeat",
        ),
        (
            "let: {kind",
            "profiles: [Alma]\n    let: {kind",
            "profiles[0]: the name of an Alma profile has lower-case",
        ),
        ("let: {kind", "profiles: []\n    let: {kind", "profiles: the list is empty"),
        (
            "let: {kind",
            'let: {a: "{{ b }}", b: "{{ c }}", c: "{{ a }}", d: "{{ c }}", kind',
            "let.b: 'b' is made from itself through 'c' and 'a'",
        ),
        ("topic: loans", "topic: '{{ evnt.value }}'", "deliver[0].topic: unknown name 'evnt'; did you mean 'event'?"),
        (
            "{{ kind }}",
            "{{ job_instnce.id }}",
            "deliver[0].input.kind: unknown name 'job_instnce'; did you mean 'job_instance'?",
        ),
        (
            'input: {kind: "{{ kind }}"}',
            'input: {a.b.c: "{{ actoin }}"}',
            "deliver[0].input[\"a.b.c\"]: unknown name 'actoin'; did you mean 'action'?",
        ),
    ],
)
def test_likely_mistakes_are_found(old: str, new: str, message: str) -> None:
    """Misspelled names, lower-case codes and dotted names are valid, but reported as mistakes."""
    assert old in GOOD
    found = [str(problem) for problem in problems(GOOD.replace(old, new, 1))]
    assert any(message in problem for problem in found), found


def test_unusual_but_valid_routes_are_not_reported() -> None:
    """Unusual operators, unknown members and members without a sample are not reported."""
    unusual = [
        ("{action: [LOAN]}", "{action: [HOLDING], license: {code: [X]}}"),
        ("{action: [LOAN]}", "{holdings: {id: [X]}, webhook_item: {id: [X]}, instance: [x]}"),
        ("[LOAN]", "[{prefix: {equals-ignore-case: job}}]"),
        ("[LOAN]", '["{{ marker }}"]'),
        ("{{ action }}", "{{ kind | default('') }}"),  # let hides a field of its name, and can use it
        ("let: {kind", 'let: {before: "{{ kind }}", kind'),
        ("if: kind", "if: title is defined and items == 3 and kind"),
    ]
    for old, new in unusual:
        assert [str(problem) for problem in problems(GOOD.replace(old, new, 1))] == []


def test_two_named_entries_for_one_target_are_valid() -> None:
    """Names allow two deliveries of one route to one target."""
    two = "{topic: loans, name: first}, {topic: loans, name: second}"
    assert problems(GOOD.replace("{topic: loans}", two)) == []


@pytest.mark.parametrize(
    ("stages", "known"),
    [
        ("{dev: {a: x, b: x}, stg: {a: x, b: x}, prod: {a: x, b: x}}", "a, b"),
        ("{dev: {}, stg: {}, prod: {}}", "there are none"),
    ],
)
def test_the_variables_of_when_are_listed(stages: str, known: str) -> None:
    """The error for an event field in `when` lists the variables of the stage."""
    [problem] = problems(
        f"stages: {stages}\nroutes: [{{name: r, when: {{id: ['{{{{ id }}}}']}}, deliver: [{{topic: t}}]}}]"
    )
    assert (
        problem.reason == f"'{{{{ id }}}}' uses id; templates in when can only use the variables of the stage ({known})"
    )


def test_a_problem_in_every_stage_is_reported_once() -> None:
    """A problem that occurs in three stages is reported once."""
    assert len(problems(GOOD.replace("[LOAN]", "LOAN"))) == 1


def test_each_text_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is not compiled again for another stage, another use or the router."""
    compiled: list[str] = []
    compile_source = Environment.from_string

    def recording_from_string(environment: Environment, source: Any, *arguments: Any, **options: Any) -> Any:
        compiled.append(source)
        return compile_source(environment, source, *arguments, **options)

    monkeypatch.setattr(Environment, "from_string", recording_from_string)
    text = GOOD.replace("[LOAN]", '["{{ marker }}"]').replace("topic: loans", 'topic: "{{ marker }}"')
    routes = compile_routes(text)
    for stage in ("dev", "stg", "prod"):
        Router(routes, stage).plan(parse(body_of("loan-created")), envelope_of(body_of("loan-created")))
    assert sorted(filter(lambda source: isinstance(source, str), compiled)) == [
        "{{ action }}",
        "{{ kind }}",
        "{{ marker }}",
    ]


def test_load_rejects_a_file_with_a_problem(tmp_path: Path) -> None:
    """A file with a problem is not loaded."""
    path = tmp_path / "routes.yaml"
    path.write_text(GOOD.replace("{{ action }}", "{{ action"), "utf-8")
    with pytest.raises(InvalidRoutesError, match=r"let\.kind"):
        load(path)
