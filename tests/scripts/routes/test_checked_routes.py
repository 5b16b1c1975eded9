"""Test the whole check of a routes file against the known events and the samples beside it."""

import re
from pathlib import Path

import pytest

from processor.alma.events import parse
from processor.routing.router import Router
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT
from scripts.routes.checked_routes import RouteWarning, check_deployable, check_file, check_strictly, check_text
from tests.samples import STAGES, body_of, envelope_of

HEAD = f"topics: [other]\n{STAGES}routes:\n"
TRAPS = {
    "wrong-action": ("{action: [JOBEND]}", "when.action[0]", "JOB_END"),
    "wrong-event": (
        "{action: [REQUEST], event: {value: [REQUEST_CANCELLED]}}",
        "when.event.value[0]",
        "REQUEST_CANCELED",
    ),
    "lower-event": ("{action: [LOAN], event: {value: [loan_created]}}", "when.event.value[0]", "LOAN_CREATED"),
    "nested": ("{action: [LOAN], item_loan: {libary: {value: [MAIN]}}}", "when.item_loan.libary", "item_loan.library"),
    "status": (
        "{action: [JOB_END], job_instance: {status: {value: [COMPLETED_SUCESS]}}}",
        "when.job_instance.status.value[0]",
        "COMPLETED_SUCCESS",
    ),
}


def route(name: str, when: str, more: str = "") -> str:
    return f"  - name: {name}\n    when: {when}\n{more}    deliver: [{{topic: other}}]\n"


def warned(text: str, events: Path = Path("none")) -> list[RouteWarning]:
    checked = check_text(HEAD + text, events)
    assert checked.compiled is not None
    assert checked.problems == []
    return checked.warnings


def test_f73_a_route_that_no_known_event_can_match_is_reported_with_the_nearest_word() -> None:
    """Each trap in one file has its line, its route and its field, in the order of lines."""
    text = "".join(route(name, when) for name, (when, _, _) in TRAPS.items())
    text += route("typo", "{action: [JOB_END]}", '    if: job_instance | counted("label.new.record") > 0\n')
    found = warned(text)
    assert [(each.route, each.field) for each in found] == [
        *((name, field) for name, (_, field, _) in TRAPS.items()),
        ("typo", "if"),
    ]
    nearest = [*(near for _, _, near in TRAPS.values()), "label.new.records"]
    assert all(f"did you mean {near!r}?" in each.reason for each, near in zip(found, nearest, strict=True))
    assert [each.line for each in found] == [5, 8, 11, 14, 17, 21]
    assert str(found[0]) == (
        "warning: line 5, route wrong-action, when.action[0]: unknown value 'JOBEND' of action; did you mean "
        "'JOB_END'? [unknown-value]"
    )


def test_f73_the_corrected_routes_pass_silently() -> None:
    """With the nearest words in their place nothing is reported."""
    text = "".join(
        route(name, re.sub(r"JOBEND|REQUEST_CANCELLED|loan_created|libary|COMPLETED_SUCESS", near.split(".")[-1], when))
        for name, (when, _, near) in TRAPS.items()
    )
    assert warned(text) == []


@pytest.mark.parametrize("path", sorted(PROJECT.glob("examples/*/routes.yaml")), ids=lambda path: path.parent.name)
@pytest.mark.parametrize("samples", ["events", "none"])
def test_f73_the_examples_have_no_warning(path: Path, samples: str) -> None:
    """With their own sample events, and with the catalogue alone."""
    checked = check_text(path.read_text("utf-8"), path.parent / samples)
    assert (checked.problems, checked.warnings) == ([], [])


@pytest.mark.parametrize("name", ["cookbook.md", "listeners.md"])
def test_f73_the_recipes_have_no_warning(name: str) -> None:
    """Every route of the pages can be pasted."""
    page = (PROJECT / "docs" / name).read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    topics = sorted(set(re.findall(r"topic: ([a-z-]+)", page)))
    rendered = "holding-updated, text-messages-1, text-messages-2"
    text = f"topics: [other, {rendered}, {', '.join(topics)}]\n{STAGES}routes:\n" + "".join(blocks)
    checked = check_text(text, Path("none"))
    assert len(blocks) >= 10
    assert (checked.problems, checked.warnings) == ([], [])


def test_the_own_bodies_of_the_routes_page_can_be_pasted() -> None:
    """They have no problem and no warning, and every target gets its body of a returned loan."""
    page = (PROJECT / "docs" / "routes.md").read_text("utf-8")
    [example] = [each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "own-bodies" in each]
    text = f"""topics: [loan-returned]
state_machines: {{archive: {{arn: "arn:aws:states:eu-central-1:123456789012:stateMachine:archive"}}}}
{STAGES}routes:
{example}"""
    checked = check_text(text, Path("none"))
    assert (checked.problems, checked.warnings) == ([], [])
    assert checked.compiled
    plan = Router(checked.compiled, "dev").plan(parse(body_of("loan-returned")), envelope_of(body_of("loan-returned")))
    assert [each.kind for each in plan.deliveries] == ["topic", "queue", "state_machine", "event_bus", "function"]


def test_a_comment_silences_a_warning_on_its_line() -> None:
    """All of them, or those it names; an error stays."""
    text = route("a", "{action: [JOBEND], event: {value: [X]}} # alma-webhooks: ignore")
    text += route("b", "{action: [LOAN], item_loan: {x: [z]}} # alma-webhooks: ignore[unknown-value]")
    text += route(
        "c", "{action: [LOAN]}", "    if: >- # alma-webhooks: ignore[unknown-member]\n      item_loan.x == 'y'\n"
    )
    assert [(each.route, each.name) for each in warned(text)] == [("b", "unknown-member")]
    wrong = route("d", "{action: [LOAN], item_loan: {title: [7]}} # alma-webhooks: ignore")
    assert [each.route for each in check_text(HEAD + wrong, Path("none")).problems] == ["d"]


def test_a_comment_silences_a_warning_in_a_nested_text() -> None:
    """Each text of a message has its own line."""
    text = """  - name: a
    when: {action: [LOAN]}
    deliver:
      - topic: other
        message:
          titles:
            - "{{ item_loan.tilte }}" # alma-webhooks: ignore
            - !json "{{ item_loan.tilte | tojson }}"
"""
    [found] = warned(text)
    assert (found.name, found.field) == ("unknown-member", "deliver[0].message.titles[1]")
    assert (HEAD + text).splitlines()[found.line - 1].strip().startswith("- !json")


def test_the_samples_of_the_folder_are_known(tmp_path: Path) -> None:
    """A member or value that a library really gets is no mistake."""
    text = route("a", "{action: [LOAN], event: {value: [LOAN_SHELVED]}, item_loan: {shelf: [A1]}}")
    assert len(warned(text)) == 2
    (tmp_path / "index.yaml").write_text("one: {file: one.json, expect: {outcome: ignored}}\n")
    (tmp_path / "one.json").write_text(
        '{"action": "LOAN", "event": {"value": "LOAN_SHELVED"}, "item_loan": {"shelf": "A2"}}'
    )
    assert warned(text, tmp_path) == []


def test_problems_of_targets_and_types_are_reported_together_with_warnings() -> None:
    """One run shows everything that a file which compiles has."""
    text = HEAD + route("a", "{action: [LOAN], item_loan: {title: [7], libary: [x]}}").replace("other", "othr")
    checked = check_text(text, Path("none"))
    assert [each.field for each in checked.problems] == ["when.item_loan.title", "deliver[0].topic"]
    assert "the stack has no topic othr; did you mean other?" in checked.problems[1].reason
    assert [each.field for each in checked.warnings] == ["when.item_loan.libary"]


def test_a_variable_of_the_stages_is_filled_in() -> None:
    """The value of each stage is compared, and one that is wrong in one stage is found once."""
    [found] = warned(route("a", '{action: [LOAN], item_loan: {loan_status: ["{{ marker }}", ACTIVE]}}'))[:1]
    assert "unknown value 'Dev1' of item_loan.loan_status" in found.reason


def test_only_errors_keep_a_file_from_being_deployed(tmp_path: Path) -> None:
    """Warnings do so with --strict; each sentence names file, line and route."""
    path = tmp_path / "routes.yaml"
    path.write_text(HEAD + route("a", "{action: [JOBEND]}"))
    assert check_deployable(path).routes
    with pytest.raises(ConfigurationError, match="has 1 warning, which --strict does not allow") as caught:
        check_strictly(path, check_file(path).warnings)
    assert caught.value.details[0].startswith(f"{path}: warning: line 5, route a")
    path.write_text(HEAD + route("a", "{action: [LOAN], item_loan: {title: [7]}}"))
    with pytest.raises(ConfigurationError, match="has 1 problem") as caught:
        check_deployable(path)
    assert caught.value.details[0].startswith(f"{path}: line 5, route a, when.item_loan.title: ")
