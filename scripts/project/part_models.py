"""The format of further parts of a project: stacks of its own beside the pipeline's."""

from pathlib import PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr

NAME_PATTERN: Final = "^[a-z][a-z0-9-]{0,30}$"
"""Of a part and of a queue. The name of a part's stack is the pipeline's with a hyphen and this name after it."""

BUILT_IN: Final = ("pipeline", "observability", "notifications")
"""The parts of the product. A project's own part has another name."""

BUILT_IN_QUEUES: Final = ("webhooks", "notifications")
"""The names of the product's queues in `dead-letters --queue`. A queue of a part has another name."""

# Each queue makes a template parameter NAMEAgeLimit, and the product has some of that form.
_BUILT_IN_LIMITS: Final = ("queue", "dead-letter", "notification")

BUILT_IN_PACKAGES: Final = ("ingest", "processor", "notifications")
"""The packages of the product that the zip of a part contains. A part's code has another name."""


def is_inside(text: str) -> bool:
    """Return whether a path stays inside the folder that it is relative to, on every system."""
    path = PurePosixPath(text)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in text


def _path(text: str) -> str:
    if not is_inside(text) or not PurePosixPath(text).parts:
        raise ValueError("must be a path inside the project folder, with / between folders and without ..")
    return text


def _package(text: str) -> str:
    if text in BUILT_IN_PACKAGES:
        raise ValueError(f"{text} is a package of alma-webhooks, which the zip contains too; rename the folder")
    return text


PartName = Annotated[StrictStr, Field(pattern=NAME_PATTERN)]
PathInProject = Annotated[StrictStr, AfterValidator(_path)]
PackageName = Annotated[StrictStr, Field(pattern="^[a-z][a-z0-9_]*$"), AfterValidator(_package)]
LogicalId = Annotated[StrictStr, Field(pattern="^[A-Za-z0-9]+$")]


_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


class PartQueue(BaseModel):
    """A queue of a part and its dead-letter queue: their logical ids in the part's template."""

    model_config = _STRICT

    queue: LogicalId
    dead_letters: LogicalId


class ProjectPart(BaseModel):
    """A further part of a project: a CloudFormation template, which every stage deploys as a stack of its own.

    `code` is a Python package of the project folder for the functions of the template, `requirements` a file with
    further packages and their hashes. `queues` are the queues that alarms, health checks and commands about dead
    letters know, by name. `local` is a program that `alma-webhooks run` starts.
    """

    model_config = _STRICT

    template: PathInProject
    code: PackageName | None = None
    requirements: PathInProject | None = None
    queues: dict[PartName, PartQueue] = {}
    local: PathInProject | None = None


def _checked(parts: dict[str, ProjectPart]) -> dict[str, ProjectPart]:
    """Return the parts. Raise ValueError for a name that is taken, and for requirements without code."""
    taken = dict.fromkeys(map(_without_hyphens, (*BUILT_IN_QUEUES, *_BUILT_IN_LIMITS)), "alma-webhooks")
    for name, part in parts.items():
        if name in {*BUILT_IN, *BUILT_IN_PACKAGES}:
            raise ValueError(f"{name} is the name of a part of alma-webhooks; rename the part")
        if part.requirements and not part.code:
            raise ValueError(f"{name} has requirements but no code; add code, or remove requirements")
        for queue in part.queues:
            if owner := taken.get(_without_hyphens(queue)):
                problem = f"the queue {queue} of {name} has the name of a queue of {owner}"
                raise ValueError(f"{problem}; rename it, not only with hyphens")
            taken[_without_hyphens(queue)] = name
    return parts


def _without_hyphens(queue: str) -> str:
    """Return the name without what logical ids cannot have: `loans-2` and `loans2` would have the same alarms."""
    return queue.replace("-", "")


Parts = Annotated[dict[PartName, ProjectPart], AfterValidator(_checked)]
"""The further parts of a project by name, in the order of their deployment."""
