"""Complete names in shells, from the template and, if the command line names a stage, from its stack. Never raises."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from scripts.project.folder import Project

# How long a shell waits for the connection to AWS, and again for the answer.
_SECONDS: Final = 1


def alma_profiles(context: typer.Context, incomplete: str) -> list[str]:
    """Return the Alma profiles of the stack, or of the project."""
    return beginning(lambda: _listed(context, "Profiles"), incomplete)


def topics(context: typer.Context, incomplete: str) -> list[str]:
    """Return the topics of the stack, or of the project."""
    return beginning(lambda: _listed(context, "Topics"), incomplete)


def queues(context: typer.Context, incomplete: str) -> list[str]:
    """Return the queues of the product, and those of the project's further parts."""

    def names() -> Iterable[str]:
        from scripts.project.part_models import BUILT_IN_QUEUES

        yield from BUILT_IN_QUEUES
        for part in _project(context).file.parts.values():
            yield from part.queues

    return beginning(names, incomplete)


def parameter_names(incomplete: str) -> list[str]:
    """Return the names of the template's parameters, each with its equals sign."""

    def names() -> Iterable[str]:
        from scripts.aws.template import load

        return (f"{name}=" for name in load()["Parameters"])

    return beginning(names, incomplete)


def beginning(find: Callable[[], Iterable[str]], incomplete: str) -> list[str]:
    """Return the names that start with the incomplete word, sorted; none if they cannot be found."""
    try:
        return sorted({name for name in find() if name.startswith(incomplete)})
    except Exception:  # noqa: BLE001 -- a traceback would garble the line that is being typed; the command reports it
        return []


def _listed(context: typer.Context, output: str) -> list[str]:
    from scripts.aws.parameters import listed

    if (value := _outputs(context).get(output)) is not None:
        return listed(value)
    return _of_project(context, output)


def _of_project(context: typer.Context, output: str) -> list[str]:
    from processor.routing.models import read

    project = _project(context)
    if output == "Topics":
        return read(project.routes.read_text("utf-8")).routes.topic_names
    return [name for stage in project.file.stages.values() for name in stage.alma_profiles]


def _project(context: typer.Context) -> "Project":
    """Return the project of the command line, or the shipped example."""
    from scripts.project.folder import found_or_example

    given = context.params.get("project")
    return found_or_example(Path(given) if given else None)


def _outputs(context: typer.Context) -> dict[str, str]:
    """Return the outputs of the stack that the command line names; none if it names no stage or has no such stack."""
    source = context.get_parameter_source("stage")
    if not source or source.name != "COMMANDLINE":
        return {}
    from botocore.config import Config

    from scripts.aws import stack
    from scripts.aws.address import VARIABLES, address_of
    from scripts.aws.clients import Aws
    from scripts.aws.context import clients_at
    from scripts.cli.options import StackFlags

    address = address_of(StackFlags(**{name: context.params.get(name) for name in VARIABLES}))
    found = clients_at(address)
    quick = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    aws = Aws(found.session, endpoint_url=found.endpoint_url, config=quick)
    return stack.outputs_of(stack.describe(aws, address.stack))
