"""Complete names in shells, from the template and, if the command line names a stage, from its stack. Never raises."""

from collections.abc import Callable, Iterable
from typing import Final

import typer

# How long a shell waits for the connection to AWS, and again for the answer.
_SECONDS: Final = 1


def alma_profiles(context: typer.Context, incomplete: str) -> list[str]:
    """Return the Alma profiles of the stack, or of the template."""
    return beginning(lambda: _listed(context, "Profiles"), incomplete)


def topics(context: typer.Context, incomplete: str) -> list[str]:
    """Return the topics of the stack, or of the template."""
    return beginning(lambda: _listed(context, "Topics"), incomplete)


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


def _listed(context: typer.Context, parameter: str) -> list[str]:
    from scripts.aws.parameters import listed
    from scripts.aws.template import default_list, load

    if (value := _outputs(context).get(parameter)) is not None:
        return listed(value)
    return default_list(load(), parameter)


def _outputs(context: typer.Context) -> dict[str, str]:
    """Return the outputs of the stack that the command line names; none if it names no stage or has no such stack."""
    source = context.get_parameter_source("stage")
    if not source or source.name != "COMMANDLINE":
        return {}
    from botocore.config import Config

    from scripts.aws import stack
    from scripts.aws.clients import Aws
    from scripts.aws.context import clients

    flag = context.params.get
    found = clients(flag("endpoint_url"), flag("region"), flag("aws_profile"))
    quick = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    aws = Aws(found.session, endpoint_url=found.endpoint_url, config=quick)
    return stack.outputs_of(stack.describe(aws, flag("stack") or f"alma-webhooks-{flag('stage')}"))
