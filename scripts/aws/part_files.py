"""Check the files that the further parts of a project name: templates, code, requirements and local programs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from scripts.aws import template_form
from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError
from scripts.project import mistakes
from scripts.project.folder import FILE, Project, read
from scripts.project.part_models import PartQueue, ProjectPart

_LOOPS: Final = "AWS::LanguageExtensions"
_QUEUE: Final = "AWS::SQS::Queue"


def check(project: Project) -> None:
    """Raise ConfigurationError with every problem of the further parts of a project."""
    if found := list(problems(project)):
        raise mistakes.invalid(project.path, found)


def problems_beside(routes: Path) -> list[str]:
    """Return the problems of the parts of the project folder that a routes file is in; none if it is in no such folder.

    Raise ConfigurationError for an alma-webhooks.yaml with mistakes.
    """
    path = routes.parent / FILE
    return list(problems(Project(routes.parent, read(path), "beside the routes"))) if path.is_file() else []


def problems(project: Project) -> Iterator[str]:
    """Yield one sentence for each problem, with the key of alma-webhooks.yaml."""
    for name, part in project.file.parts.items():
        for key, problem in (*_of_files(project.folder, part), *_of_template(project.folder, part)):
            yield f"{project.path}: parts.{name}.{key}: {problem}"


def _of_files(folder: Path, part: ProjectPart) -> Iterator[tuple[str, str]]:
    if part.code and not (folder / part.code / "__init__.py").is_file():
        yield "code", f"{folder / part.code} is not a Python package. Create it with an __init__.py"
    for key, path in (("requirements", part.requirements), ("local", part.local)):
        if path and not (folder / path).is_file():
            yield key, f"{folder / path} does not exist. Create it, or remove {key}"


def _of_template(folder: Path, part: ProjectPart) -> Iterator[tuple[str, str]]:
    path = folder / part.template
    try:
        template = load(path)
    except ConfigurationError as error:
        yield "template", str(error).rstrip(".")
        return
    resources = template.get("Resources")
    if not isinstance(resources, dict):
        yield "template", f"{path} has no Resources, so there is nothing to deploy"
        return
    if found := [*template_form.problems(template)]:
        yield from (("template", f"{path} {each}") for each in found)
        return
    if template.get("Transform", _LOOPS) not in (_LOOPS, [_LOOPS]):
        yield "template", f"{path} has a transform other than {_LOOPS}, which a deployment does not carry out"
    if not part.code and "CodeKey" in (template.get("Parameters") or {}):
        yield "template", f"{path} has the parameter CodeKey, but the part has no code. Add code"
    for name, queue in part.queues.items():
        yield from ((f"queues.{name}{key}", problem) for key, problem in _of_queue(path, resources, queue))


def _of_queue(path: Path, resources: Mapping[str, Any], queue: PartQueue) -> Iterator[tuple[str, str]]:
    for key, resource in (("queue", queue.queue), ("dead_letters", queue.dead_letters)):
        if not _is_queue(resources.get(resource)):
            yield f".{key}", f"{path} has no {_QUEUE} {resource} outside of loops"
        elif "Condition" in resources[resource]:
            yield f".{key}", f"{resource} in {path} has a Condition, but every stage needs the queue. Remove it"
    found = resources.get(queue.queue)
    if found and _is_queue(found) and not _may_redrive_to(found, queue.dead_letters):
        advice = "Without it messages are lost when a function crashes, and replay rejects the dead letters"
        yield "", f"{queue.queue} in {path} has no RedrivePolicy to {queue.dead_letters}. {advice}"


def _is_queue(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("Type") == _QUEUE


def _may_redrive_to(queue: Mapping[str, Any], dead_letters: str) -> bool:
    """Return False if the redrive policy is missing or names another queue; only GetAtt can be decided here."""
    policy = (queue.get("Properties") or {}).get("RedrivePolicy")
    match policy:
        case {"deadLetterTargetArn": {"Fn::GetAtt": [str(target), *_]}}:
            return target == dead_letters
    return policy is not None
