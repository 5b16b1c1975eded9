"""Show what this version would change on a stack, and which keys of the project's files are deprecated."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.project import folder
from scripts.project.folder import Project

DeprecatedKeys = Mapping[str, str]
"""What to do instead, by the path of a key with dots between its parts. A part `*` is any key or any item of a list."""

DEPRECATED: Final[Mapping[str, DeprecatedKeys]] = {folder.FILE: {}, "routes.yaml": {}}
"""The deprecated keys by file. An entry stays until the version that rejects the key."""

_TEMPLATES: Final = ("template", "stack", "part template", "part stack")
_GROUPS: Final = {**dict.fromkeys(_TEMPLATES, "templates"), "code": "code"}


class DeprecatedUse(NamedTuple):
    """A deprecated key in a file of the project, its line, and what to do instead."""

    file: str
    line: int
    key: str
    advice: str

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.file}, line {self.line}: {self.key} is deprecated; {self.advice}"


class UpgradeCheck(NamedTuple):
    """What an upgrade would do. `deployed` is the version that deployed the stack, empty if it is not known."""

    plan: DeploymentPlan
    deployed: str
    version: str
    deprecated: tuple[DeprecatedUse, ...]

    @property
    def groups(self) -> dict[str, list[Difference]]:
        """The differences by what causes them; groups without one are left out."""
        found: dict[str, list[Difference]] = {name: [] for name in ("templates", "defaults", "code", "project")}
        for each in self.plan.differences:
            is_default = each.kind == "parameter" and each.name not in self.plan.values
            found["defaults" if is_default else _GROUPS.get(each.kind, "project")].append(each)
        return {name: each for name, each in found.items() if each}

    def as_data(self) -> dict[str, Any]:
        """Return the check as JSON data."""
        return {
            **self.plan.as_data(),
            "deployed_version": self.deployed or None,
            "version": self.version,
            "groups": {name: [each._asdict() for each in group] for name, group in self.groups.items()},
            "deprecated": [each._asdict() for each in self.deprecated],
        }


def checked(aws: Aws, planned: DeploymentPlan, project: Project) -> UpgradeCheck:
    """Return the check for the plan of a dry run. Change nothing."""
    outputs = stack.outputs_of(stack.describe(aws, planned.place.stack))
    return UpgradeCheck(planned, mark.version_of(outputs), mark.product_version(), tuple(deprecated_in(project)))


def deprecated_in(project: Project, table: Mapping[str, DeprecatedKeys] = DEPRECATED) -> Iterator[DeprecatedUse]:
    """Yield the deprecated keys in the files of a project, which are valid YAML."""
    for path in (project.path, project.routes):
        if (keys := table.get(path.name)) and path.exists():
            yield from _deprecated_in(path, keys)


def _deprecated_in(path: Path, keys: DeprecatedKeys) -> Iterator[DeprecatedUse]:
    for found, line in _keys(yaml.compose(path.read_text("utf-8"), yaml.SafeLoader), ()):
        for key, advice in keys.items():
            parts = key.split(".")
            if len(parts) == len(found) and all(part in {"*", one} for part, one in zip(parts, found, strict=True)):
                yield DeprecatedUse(path.name, line, ".".join(found), advice)


def _keys(node: yaml.Node | None, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the path and the line of each key below a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _keys(value, (*place, str(number)))
