"""One stack of a deployment: the pipeline, its alarms, its notifications, or a further part of the project."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.aws import mark
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy import part_template
from scripts.project.folder import Project
from scripts.project.part_models import BUILT_IN

CODE_KEY: Final = "CodeKey"
"""The template parameter with the S3 key of the zip of a further part."""


class StackPart(NamedTuple):
    """One stack of a deployment: the suffix of its name, its template, and the part that its mark names.

    The further fields are those of a further part: `queues` by their logical ids, and the S3 key of its zip. The
    template of one that was found in AWS, not in a project, is an empty path.
    """

    suffix: str
    template: Path
    mark: str = mark.PIPELINE
    queues: tuple[part_template.QueueIds, ...] = ()
    code_key: str = ""

    @property
    def is_further(self) -> bool:
        """Whether it is a part of the project, not one of the product's."""
        return self.mark not in BUILT_IN

    def load(self) -> dict[str, Any]:
        """Return the template, of a further part with what a deployment adds to it. Raise ConfigurationError."""
        template = load(self.template)
        return part_template.completed(template, self.mark, self.queues) if self.is_further else template

    def chosen(self, values: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
        """Return the values of the template's parameters, by the values of all stacks and the pipeline's outputs.

        A further part can have parameters of the pipeline without repeating their defaults.
        """
        if not self.is_further:
            return {**values, **outputs}
        rules = load(PIPELINE)["Parameters"]
        defaults = {name: str(rule["Default"]) for name, rule in rules.items() if "Default" in rule}
        return {**defaults, **values, **outputs, CODE_KEY: self.code_key}


PIPELINE_PART: Final = StackPart("", PIPELINE)

OBSERVABILITY_PART: Final = StackPart(f"-{mark.OBSERVABILITY}", OBSERVABILITY, mark.OBSERVABILITY)


def further(project: Project) -> tuple[StackPart, ...]:
    """Return the further parts of a project, in the order of its file."""
    found = []
    for name, part in project.file.parts.items():
        queues = tuple(part_template.QueueIds(key, each.queue, each.dead_letters) for key, each in part.queues.items())
        found.append(StackPart(f"-{name}", project.folder / part.template, name, queues))
    return tuple(found)
