"""Read the definitions and policies of the state machines that a routes file declares, and check them.

"State machine structure", AWS Step Functions Developer Guide; "IAM JSON policy elements: Action", IAM User Guide.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, NamedTuple

from processor.routing import yaml_lines
from processor.routing.declarations import StateMachineDeclaration
from processor.routing.models import RoutesFile
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural

Document = dict[str, Any]


class StateMachineFiles(NamedTuple):
    """The definition (Amazon States Language) of a state machine, and the policy of its role if it needs rights."""

    definition: Document
    policy: Document | None


class _InvalidFileError(ValueError):
    """The file cannot be used; each argument is a sentence that says why."""


def read_all(folder: Path, routes: RoutesFile) -> dict[str, StateMachineFiles]:
    """Return the files of each state machine with a definition, by name. Raise ConfigurationError with every problem.

    Paths in the routes file are relative to `folder`, the folder of the routes file.
    """
    found, problems = dict[str, StateMachineFiles](), list[str]()
    for name, declared in routes.routes.state_machines.items():
        made: dict[str, Document | None] = {"policy": None}
        for field, path in _files(declared):
            made[field], reasons = _checked(folder, path, field)
            for reason in reasons:
                problem = routes.problem(("state_machines", name, field), f"{path}: {reason}")
                problems.append(f"{folder / 'routes.yaml'}: {problem}")
        if definition := made.get("definition"):
            found[name] = StateMachineFiles(definition, made["policy"])
    if problems:
        raise ConfigurationError(
            f"{plural(len(problems), 'problem')} with state machines. Nothing was changed.", problems
        )
    return found


def problems(folder: Path, routes: RoutesFile) -> list[str]:
    """Return one sentence for each problem with these files."""
    try:
        read_all(folder, routes)
    except ConfigurationError as error:
        return list(error.details)
    return []


def with_values(document: Any, values: Mapping[str, str]) -> Any:
    """Return the document with each `${NAME}` of these names in its texts replaced. Others stay, for Step Functions."""
    if isinstance(document, dict):
        return {key: with_values(member, values) for key, member in document.items()}
    if isinstance(document, list):
        return [with_values(member, values) for member in document]
    if isinstance(document, str):
        return re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), document)
    return document


def _files(declared: StateMachineDeclaration) -> Iterator[tuple[str, str]]:
    for field, path in (("definition", declared.definition), ("policy", declared.policy)):
        if path is not None:
            yield field, path


def _checked(folder: Path, name: str, field: str) -> tuple[Document | None, list[str]]:
    """Return the document of a file, or None if it cannot be read, and each problem with it."""
    try:
        document = _read(folder, name)
    except _InvalidFileError as error:
        return None, list(error.args)
    return document, [*_PROBLEMS[field](document)]


def _read(folder: Path, name: str) -> Document:
    path = (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise _InvalidFileError(
            "the file must be inside the project folder; write its path relative to the routes file"
        )
    try:
        text = path.read_text("utf-8-sig")
        data = json.loads(text) if path.suffix == ".json" else yaml_lines.read(text)[0]
    except OSError as error:
        raise _InvalidFileError(f"it cannot be read: {error.strerror}") from None
    except yaml_lines.InvalidYamlError as error:
        raise _InvalidFileError(*(f"line {line}: {reason}" for _, line, reason in error.mistakes)) from None
    except ValueError as error:  # includes JSON's and UTF-8's
        raise _InvalidFileError(f"it is not valid: {error}") from None
    if not isinstance(data, dict):
        raise _InvalidFileError("expected an object")
    return data


def _of_definition(document: Document) -> Iterator[str]:
    states = document.get("States")
    if not isinstance(states, dict) or not states:
        yield "a definition needs States with at least one state"
        return
    start = document.get("StartAt")
    if not isinstance(start, str) or start not in states:
        yield f"StartAt is {start!r}, which is not one of States"
    for name, state in states.items():
        if not isinstance(state, dict) or not isinstance(state.get("Type"), str):
            yield f"the state {name} has no Type"


def _of_policy(document: Document) -> Iterator[str]:
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield "a policy needs Statement"
        return
    for number, statement in enumerate(statements, 1):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            yield f"statement {number} needs Effect: Allow or Deny"
        elif statement["Effect"] == "Allow":
            yield from (f"statement {number} {problem}" for problem in _of_actions(statement))


def _of_actions(statement: Document) -> Iterator[str]:
    if "NotAction" in statement:
        yield "has NotAction, which allows everything else; list the allowed actions as Action"
        return
    actions = statement.get("Action")
    actions = actions if isinstance(actions, list) else [actions]
    if not actions or not all(isinstance(action, str) for action in actions):
        yield "has Effect: Allow, so it needs Action: one action, or a list of actions"
        return
    for action in filter(_is_too_much, actions):
        yield f"allows {action}, which is everything, or too much of IAM; list the actions"


def _is_too_much(action: str) -> bool:
    service, colon, _ = action.lower().partition(":")
    return bool(set("*?") & set(action)) and (not colon or fnmatchcase("iam", service))


_PROBLEMS: Final[dict[str, Callable[[Document], Iterator[str]]]] = {"definition": _of_definition, "policy": _of_policy}
