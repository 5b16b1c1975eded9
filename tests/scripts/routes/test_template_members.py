"""Test the comparison of templates and conditions with the catalogue: each mistake, and what has to pass."""

import json

import pytest

from processor.routing.compile import compile_routes
from scripts.catalogue.catalogue import load
from scripts.routes.known_names import CatalogueFinding, KnownNames
from scripts.routes.template_members import in_templates
from tests.samples import STAGES


def found(condition: str, *actions: str, **let: str) -> list[CatalogueFinding]:
    route = {"name": "a", "let": let, "if": condition, "deliver": [{"topic": "other"}]}
    [compiled] = compile_routes(f"{STAGES}routes: [{json.dumps(route)}]").routes
    return list(in_templates(compiled, {"marker"}, KnownNames(load(), actions)))


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("item_loan.libary.value == 'MAIN'", "did you mean 'item_loan.library'?"),
        ("item_loan.libary is defined", "did you mean 'item_loan.library'?"),
        ("item_loan['libary'].value | default('') == ''", "did you mean 'item_loan.library'?"),
        ("job_instance.idd | lower == '1'", "did you mean 'job_instance.id'?"),
        ("job_instance.nmae.split()[-1] == 'x'", "did you mean 'job_instance.name'?"),
        ("job_instance.counter[0].typ.value == 'x'", "did you mean 'job_instance.counter.type'?"),
        ("(job_instance.counter | first).vale == '1'", "did you mean 'job_instance.counter.value'?"),
        ("job_instance.counter | map(attribute='vale') | list == []", "did you mean 'job_instance.counter.value'?"),
        ("job_instance.counter | selectattr('typ.value') | list == []", "did you mean 'job_instance.counter.type'?"),
        (
            "bib.anies | length > 0 and webhook_user.user.user_note | groupby('typ')",
            "'webhook_user.user.user_note.typ'",
        ),
        ("'x' in (item_loan.title | default(item_loan.tile))", "did you mean 'item_loan.title'?"),
        ("xyzzy is defined", "unknown member 'xyzzy'; `alma-webhooks events` lists the known ones"),
    ],
)
def test_a_member_that_no_known_event_has_is_found(condition: str, reason: str) -> None:
    """Through tests, filters, methods, elements and arguments: a guard would hide a misspelling."""
    [finding] = found(condition)
    assert reason in finding.reason
    assert (finding.path, finding.name, finding.is_error) == (("if",), "unknown-member", False)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("event.value == 'LOAN_CRATED'", "did you mean 'LOAN_CREATED'?"),
        ("'LOAN_CRATED' != event.value", "did you mean 'LOAN_CREATED'?"),
        ("event.value | default('LOAN_LOST') == 'LOAN_CRATED'", "did you mean 'LOAN_CREATED'?"),
        ("event.value not in ['LOAN_CREATED', 'LOAN_LSOT']", "did you mean 'LOAN_LOST'?"),
        ("{'LOAN_CRATED': 'x'}[event.value] == 'x'", "did you mean 'LOAN_CREATED'?"),
        ("job_instance.status.value == 'COMPLETED_SUCESS'", "did you mean 'COMPLETED_SUCCESS'?"),
        ("job_instance | counted('label.new.record') > 0", "did you mean 'label.new.records'?"),
        ("counter('label.new.record') == 0", "did you mean 'label.new.records'?"),
        (
            "job_instance.counter | selectattr('type.value', 'equalto', 'label.new.record') | list == []",
            "did you mean 'label.new.records'?",
        ),
    ],
)
def test_a_value_that_no_known_event_has_is_found(condition: str, reason: str) -> None:
    """In comparisons, in lists, in the keys of a table, and in the types of counters."""
    [finding] = found(condition)
    assert reason in finding.reason
    assert (finding.path, finding.name, finding.is_error) == (("if",), "unknown-value", False)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("bib.suppress_from_publishing == true", "compared with true or false"),
        ("job_instance.counter[0].value > 0", "compared with a number"),
        ("0 != job_instance.counter | map(attribute='value') | first", "compared with a number"),
        ("user_request.volume in [1, 2]", "compared with a number"),
    ],
)
def test_text_that_is_compared_with_another_type_is_found(condition: str, reason: str) -> None:
    """It is a warning only, because the expression can have another way to hold."""
    [finding] = found(condition)
    assert "is always text in Alma's events" in finding.reason
    assert finding.reason.endswith(reason)
    assert (finding.name, finding.is_error) == ("wrong-type", False)


@pytest.mark.parametrize(
    "condition",
    [
        "item_loan.library.value | default('') == 'MAIN' and item_loan.title.lower().split()[0] == 'a'",
        "event.value in ('LOAN_CREATED', 'BIB_UPDATED') or event.value | lower == 'loan_created'",
        "(event | default({})).value | default(action) == 'JOB_END'",
        "marker == 'Dev1' or profile == 'alma' or receipt_id is defined or received_at is defined",
        "counter('label.new.records') is defined and counter('label.new.records') > 0",
        "job_instance | counted('label.new.records', 'label.deleted.records') > 0",
        "job_instance.counter | selectattr('type.value', 'equalto', 'c.jobs.bibExport.link') | list != []",
        "job_instance.counter | selectattr('value', 'in', ['1']) | map(attribute='type.value') | list != []",
        "{'S1': 'a'}[job_instance.job_info.id] == 'a' and item_loan.title[:3] == 'abc'",
        "item_loan[marker].invented is defined",
        "item_loan.renewable and not (item_loan.title or 'x') and bib.suppress_from_publishing is defined",
        "job_instance.progress | int(0) == 100 and user_request.place_in_queue == '1' and item_loan.renewable == true",
        "user_request.place_in_queue == 1 or user_request.place_in_queue == '1' or job_instance.progress in [1, '1']",
        "user_request.place_in_queue == marker and user_request.volume == '1'",
        "job_instance.progress | int < 100 and 0 < user_request.place_in_queue | default(9) | int(9) <= 1",
        "job_instance.progress | float(100) < 99.5 and (user_request.place_in_queue | string) < '5'",
        "job_instance.name < 'b' and item_loan.due_date >= item_loan.loan_date",
        "holding.invented < 5 and marker < 'x'",
        "job_instance.counter[0].value | int > 0 and bib.suppress_from_publishing == 'true'",
        "job_instance.end_time > '2026' and job_instance.end_time | default(0) == 0",
        "event.value | default('none') == 'none' and (event.value | default(item_loan.title)) == 'x'",
        "webhook_user.user.contact_info.email | selectattr('preferred') | map(attribute='email_address') | first != ''",
        "holding.invented is defined and user_request.resource_sharing.external_id is defined",
    ],
)
def test_known_members_and_values_pass(condition: str) -> None:
    """And names of stages, let and the envelope, methods of values, and members that are not checked."""
    assert found(condition) == []


def test_names_of_let_and_of_loops_are_not_members() -> None:
    """A name of let hides a member, and what a template sets itself is its own."""
    assert found("changed.invented == 'x'", changed="{% for c in item_loan %}{{ c.any }}{% endfor %}") == []


def test_each_part_of_a_route_is_compared() -> None:
    """Let, inputs and targets have findings at their own path."""
    route = {
        "name": "a",
        "let": {"x": "{{ item_loan.tilte }}"},
        "deliver": [{"state_machine": "{{ item_loan.libary }}", "input": {"b": "{{ item_loan.user }}"}}],
    }
    [compiled] = compile_routes(f"{STAGES}routes: [{json.dumps(route)}]").routes
    paths = [each.path for each in in_templates(compiled, (), KnownNames(load(), ["LOAN"]))]
    assert paths == [("let", "x"), ("deliver", 0, "state_machine"), ("deliver", 0, "input", "b")]


def test_nested_texts_of_bodies_are_compared() -> None:
    """Also those with the tag !json, and each at its own path."""
    entry = """{topic: t, message: {a.b: ["{{ item_loan.title }}", !json "{{ item_loan.tilte | tojson }}"]}}"""
    [compiled] = compile_routes(f"{STAGES}routes: [{{name: a, deliver: [{entry}]}}]").routes
    [finding] = in_templates(compiled, (), KnownNames(load(), ["LOAN"]))
    assert finding.path == ("deliver", 0, "message", "a.b", 1)
    assert "did you mean 'item_loan.title'?" in finding.reason


def test_only_the_members_of_the_routes_actions_are_known() -> None:
    """The warning names the action that has the member."""
    [finding] = found("job_instance.id == '1'", "LOAN", "BIB")
    assert finding.reason == "job_instance is a member of an event of JOB_END, not of LOAN or BIB"
    assert found("job_instance.id == '1'", "LOAN", "JOB_END") == []


@pytest.mark.parametrize(
    "condition",
    [
        "bib.suppress_from_publishing",
        "not bib.suppress_from_publishing",
        "bib.title == 'x' and bib.suppress_from_publishing | default('false')",
        "'x' if bib.suppress_from_publishing else ''",
    ],
)
def test_the_text_false_that_is_tested_for_being_true_is_found(condition: str) -> None:
    """It would be true, as any text that is not empty."""
    [finding] = found(condition)
    assert finding.reason.endswith("write bib.suppress_from_publishing == 'true'")
    assert (finding.name, finding.is_error) == ("wrong-type", False)


@pytest.mark.parametrize(
    "condition",
    [
        *(f"user_request.place_in_queue {sign} 1" for sign in ("<", "<=", ">", ">=")),
        "1 >= user_request.place_in_queue",
        "0 < user_request['place_in_queue'] <= 1",
        "user_request.place_in_queue | default(99) <= 1",
        "event.value == 'REQUEST_CREATED' and not (user_request.place_in_queue > limit | int)",
        "'x' if user_request.place_in_queue < 2 else ''",
        "user_request.place_in_queue < '9'",
    ],
)
def test_a_number_that_is_compared_by_order_is_found(condition: str) -> None:
    """The comparison fails for each event in XML, which makes it a dead letter."""
    [finding] = found(condition, limit="5")
    assert "comparing it with a number fails; add " in finding.reason
    assert (finding.path, finding.name, finding.is_error) == (("if",), "wrong-type", False)


@pytest.mark.parametrize(
    ("comparison", "default"),
    [
        ("user_request.place_in_queue == 1", "2"),
        ("1 == user_request.place_in_queue", "2"),
        ("user_request.place_in_queue | default(1) == 1", "2"),
        ("user_request.place_in_queue != 1", "1"),
        ("user_request.place_in_queue in [1, 2, '1']", "3"),
        ("user_request.place_in_queue not in (1, 2)", "2"),
        ("user_request.place_in_queue == 1 or user_request.place_in_queue > 5", "2"),
        ("user_request.place_in_queue < 5", "5"),
        ("user_request.place_in_queue <= 5", "6"),
        ("5 > user_request.place_in_queue", "5"),
        ("user_request.place_in_queue >= 5", "4"),
        ("0 < user_request.place_in_queue <= 5", "0"),
        ("user_request.place_in_queue > limit | int", "-99"),
        ("user_request.place_in_queue < limit | int", "99"),
        ("user_request.place_in_queue < 5 and user_request.place_in_queue > 0", "5"),
    ],
)
def test_a_comparison_with_a_number_gets_a_default_for_which_it_does_not_hold(comparison: str, default: str) -> None:
    """So events without the number are not delivered, and do not fail."""
    [finding] = found(comparison, limit="5")
    name = "user_request.place_in_queue"
    assert finding.reason.endswith(f"after any default: {name} | default({default}) | int({default})")


@pytest.mark.parametrize(
    "condition",
    [
        "job_instance | counted('label.new.records') == 0",
        "0 == job_instance | counted('label.new.records')",
        "(job_instance | counted('label.new.records')) < 1",
        "1 > (job_instance | counted('label.new.records'))",
        "(job_instance | counted('label.new.records')) <= 0",
        "not (job_instance | counted('label.new.records'))",
        "changed == '0'",
        "changed | int == 0",
        "changed | int < 5",
    ],
)
def test_a_sum_that_is_zero_without_counters_is_a_warning(condition: str) -> None:
    """It holds for a job that has no counters; the form that does not is shown."""
    [finding] = found(condition, changed="{{ job_instance | counted('label.new.records') }}")
    assert (finding.name, finding.is_error) == ("counted-zero", False)
    assert "counter('label.new.records') is defined and counter('label.new.records') == 0" in finding.reason


@pytest.mark.parametrize(
    "condition",
    [
        "job_instance | counted('label.new.records') > 0",
        "job_instance | counted('label.new.records') == 5",
        "changed != '0'",
        "changed == '12'",
        "0 < job_instance | counted('label.new.records')",
        "counter('label.new.records') is defined and counter('label.new.records') == 0",
        "job_instance.progress | int(1) == 0",
    ],
)
def test_other_comparisons_of_counters_pass(condition: str) -> None:
    """They do not hold for a job without counters."""
    assert found(condition, changed="{{ job_instance | counted('label.new.records') }}") == []


def test_every_counter_of_a_sum_is_in_the_form_that_is_shown() -> None:
    """So that it can be pasted."""
    [finding] = found("job_instance | counted('label.new.records', 'label.deleted.records') == 0")
    assert finding.reason.endswith(
        "counter('label.deleted.records') is defined and counter('label.deleted.records') == 0"
    )
