"""The files of declared state machines: what is read, and each problem with its line in the routes file."""

import json
from pathlib import Path
from typing import Any

import pytest

from processor.routing.models import RoutesFile, read
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes import state_machine_files
from scripts.routes.state_machine_files import StateMachineFiles, read_all, with_values

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
POLICY = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
NO_ACTION = "statement 2 has Effect: Allow, so it needs Action: one action, or a list of actions"


def routes(definition: str = "pod.json", policy: str | None = None) -> RoutesFile:
    """A routes file that declares the state machine `pod` on line 2; its definition is on line 3."""
    further = f"\n    policy: {policy}" if policy else ""
    return read(
        f"state_machines:\n  pod:\n    definition: {definition}{further}\n"
        "routes:\n  - {name: all, fallback: true, deliver: [{state_machine: pod}]}\n"
    )


def problem_of(folder: Path, *, definition: Any = DEFINITION, policy: Any = None) -> str:
    """Write these files as JSON; return the only problem with them, without the path and the field, or nothing."""
    (folder / "pod.json").write_text(json.dumps(definition), "utf-8")
    (folder / "policy.json").write_text(json.dumps(policy), "utf-8")
    field, line, name = ("policy", 4, "policy.json") if policy is not None else ("definition", 3, "pod.json")
    found = state_machine_files.problems(folder, routes(policy="policy.json" if policy is not None else None))
    return _reason(folder, found, f"line {line}, state_machines.pod.{field}: {name}: ") if found else ""


def _reason(folder: Path, found: list[str], where: str) -> str:
    (problem,) = found
    before = f"{folder / 'routes.yaml'}: {where}"
    assert problem.startswith(before), problem
    return problem.removeprefix(before)


def test_definitions_are_json_or_yaml_and_policies_are_optional(tmp_path: Path) -> None:
    """A state machine without a policy has none; JSON may begin with a byte order mark; a folder below is allowed."""
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "pod.json").write_text(json.dumps(DEFINITION), "utf-8-sig")
    (tmp_path / "pod.yaml").write_text("StartAt: Done\nStates: {Done: {Type: Succeed}}\n", "utf-8")
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), "utf-8")
    assert read_all(tmp_path, routes("machines/pod.json")) == {"pod": StateMachineFiles(DEFINITION, None)}
    assert read_all(tmp_path, routes("pod.yaml", "policy.json")) == {"pod": StateMachineFiles(DEFINITION, POLICY)}


def test_a_state_machine_outside_the_stack_has_no_files(tmp_path: Path) -> None:
    """Nothing is read for an ARN alone."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:x"
    text = f'state_machines: {{x: {{arn: "{arn}"}}}}\nroutes: [{{name: a, deliver: [{{state_machine: x}}]}}]\n'
    assert read_all(tmp_path, read(text)) == {}


@pytest.mark.parametrize("given", ["absolute", "above", "link"])
def test_a_file_outside_the_project_folder_is_a_problem(given: str, tmp_path: Path) -> None:
    """A project is what its folder holds, also where the file exists and is right."""
    folder = tmp_path / "library"
    folder.mkdir()
    outside = tmp_path / "pod.json"
    outside.write_text(json.dumps(DEFINITION), "utf-8")
    (folder / "link.json").symlink_to(outside)
    (folder / "inside.json").write_text(json.dumps(DEFINITION), "utf-8")
    name = {"absolute": str(folder / "inside.json"), "above": "../pod.json", "link": "link.json"}[given]
    found = state_machine_files.problems(folder, routes(name))
    reason = _reason(folder, found, f"line 3, state_machines.pod.definition: {name}: ")
    assert reason == "the file must be inside the project folder; write its path relative to the routes file"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("pod.json", None, "it cannot be read: No such file or directory"),
        ("pod.json", b"{", "it is not valid: Expecting property name"),
        ("pod.json", b"\xff\xfe", "it is not valid: 'utf-8' codec can't decode"),
        ("pod.yaml", b"StartAt: A\nStates: {A: {Type: Succeed}\n", "line 3: "),
        ("pod.yaml", b"StartAt: A\nStates: {A: {Type: yes}}\n", "line 2: yes is ambiguous"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(
    name: str, content: bytes | None, problem: str, tmp_path: Path
) -> None:
    """The reason names the line in YAML."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    found = state_machine_files.problems(tmp_path, routes(name))
    assert _reason(tmp_path, found, f"line 3, state_machines.pod.definition: {name}: ").startswith(problem)


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ([DEFINITION], "expected an object"),
        ({"StartAt": "Done"}, "a definition needs States with at least one state"),
        (DEFINITION | {"States": {}}, "a definition needs States with at least one state"),
        (DEFINITION | {"States": ["Done"]}, "a definition needs States with at least one state"),
        (DEFINITION | {"StartAt": ["Done"]}, "StartAt is ['Done'], which is not one of States"),
        (DEFINITION | {"StartAt": "Gone"}, "StartAt is 'Gone', which is not one of States"),
        ({"States": DEFINITION["States"]}, "StartAt is None, which is not one of States"),
        (DEFINITION | {"States": {"Done": {"End": True}}}, "the state Done has no Type"),
        (DEFINITION | {"States": {"Done": "Succeed"}}, "the state Done has no Type"),
        (DEFINITION, ""),
    ],
)
def test_a_definition_needs_states(definition: Any, problem: str, tmp_path: Path) -> None:
    """What Step Functions would reject only in the middle of a deployment is found before it."""
    assert problem_of(tmp_path, definition=definition) == problem


def statement(**members: Any) -> dict[str, Any]:
    return {"Statement": [*POLICY["Statement"], {"Effect": "Allow", "Resource": "*", **members}]}


@pytest.mark.parametrize("action", ["*", "*:*", "iam:*", "IAM:*", "iam:Put*", "iam:Pass?ole", "i*:x", "*User"])
def test_a_policy_allows_neither_everything_nor_a_pattern_of_iam(action: str, tmp_path: Path) -> None:
    """A state machine would have more rights than the person who deploys it."""
    problem = f"statement 2 allows {action}, which is everything, or too much of IAM; list the actions"
    assert problem_of(tmp_path, policy=statement(Action=action)) == problem
    assert problem_of(tmp_path, policy=statement(Action=["s3:GetObject", action])) == problem
    assert problem_of(tmp_path, policy=statement(Action=action, Effect="Deny")) == ""


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ({}, "a policy needs Statement"),
        ({"Statement": []}, "a policy needs Statement"),
        ({"Statement": "Allow"}, "a policy needs Statement"),
        ({"Statement": ["Allow"]}, "statement 1 needs Effect: Allow or Deny"),
        (statement(Effect="allow"), "statement 2 needs Effect: Allow or Deny"),
        (statement(Effect=["Allow"]), "statement 2 needs Effect: Allow or Deny"),
        (statement(), NO_ACTION),
        (statement(Action=5), NO_ACTION),
        (statement(Action=[]), NO_ACTION),
        (statement(Action=["s3:GetObject", 5]), NO_ACTION),
        (
            statement(NotAction="iam:*"),
            "statement 2 has NotAction, which allows everything else; list the allowed actions as Action",
        ),
        (statement(NotAction="s3:*", Effect="Deny"), ""),
        (statement(Action="s3:*"), ""),
        ({"Statement": POLICY["Statement"][0]}, ""),
    ],
)
def test_a_policy_needs_statements(policy: Any, problem: str, tmp_path: Path) -> None:
    """One statement may stand without a list, as IAM allows."""
    assert problem_of(tmp_path, policy=policy) == problem


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """Of both files of a state machine, with the number of problems; a file can have several."""
    states = {"First": {}, "Second": {"Type": "Pass"}, "Third": {}}
    (tmp_path / "pod.json").write_text(json.dumps({"StartAt": "Gone", "States": states}), "utf-8")
    statements = [{}, {"Effect": "Allow", "Action": ["*", "s3:GetObject", "iam:*"]}]
    (tmp_path / "policy.json").write_text(json.dumps({"Statement": statements}), "utf-8")
    with pytest.raises(ConfigurationError, match=r"^6 problems with state machines\. Nothing was changed") as raised:
        read_all(tmp_path, routes(policy="policy.json"))
    definition, policy = (
        "line 3, state_machines.pod.definition: pod.json",
        "line 4, state_machines.pod.policy: policy.json",
    )
    assert [each.removeprefix(f"{tmp_path / 'routes.yaml'}: ") for each in raised.value.details] == [
        f"{definition}: StartAt is 'Gone', which is not one of States",
        f"{definition}: the state First has no Type",
        f"{definition}: the state Third has no Type",
        f"{policy}: statement 1 needs Effect: Allow or Deny",
        f"{policy}: statement 2 allows *, which is everything, or too much of IAM; list the actions",
        f"{policy}: statement 2 allows iam:*, which is everything, or too much of IAM; list the actions",
    ]


def test_all_ambiguous_values_of_a_file_are_reported(tmp_path: Path) -> None:
    """Each with its line."""
    (tmp_path / "pod.yaml").write_text("StartAt: A\nStates:\n  A: {Type: yes}\n  B: {Type: no}\n", "utf-8")
    found = state_machine_files.problems(tmp_path, routes("pod.yaml"))
    where = f"{tmp_path / 'routes.yaml'}: line 3, state_machines.pod.definition: pod.yaml: "
    assert [each.removeprefix(where)[:22] for each in found] == ["line 3: yes is ambiguo", "line 4: no is ambiguou"]


def test_known_values_are_replaced_in_texts_only() -> None:
    """At any depth and more than once in a text; keys, other names and other values stay as they are."""
    values = {"Stage": "dev", "bucket": "b"}
    document = {"${Stage}": ["${Stage}-${bucket}", {"A": "${Other}, $.x, {Stage}"}, 3, None]}
    assert with_values(document, values) == {"${Stage}": ["dev-b", {"A": "${Other}, $.x, {Stage}"}, 3, None]}
    assert with_values(None, values) is None
