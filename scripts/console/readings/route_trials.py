"""Try what routes do with an event that the operator picks or pastes. Sends nothing, and knows no HTML."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.alma_client.samples import Sample, load_all, load_with_shipped
from scripts.cli.exit_codes import CommandError, ConfigurationError
from scripts.console.console import Console
from scripts.dead_letters.explain import target_names_of
from scripts.project.folder import Project, find
from scripts.routes.checked_routes import check_deployable
from scripts.routes.explain import explain, received_now
from scripts.routes.explain_report import full_data
from scripts.routes.judged_routes import known_routes
from scripts.routes.notification_topics import target_names
from scripts.routes.topic_limit import USUAL, limit_of_stack, limits_beside

MAX_BODY_BYTES: Final = 1024 * 1024
"""The largest body that can be tried: that of a message of SQS."""


class RoutesChoice(StrEnum):
    """Which routes are tried: those that the stack runs, or the file of the project's folder."""

    deployed = "deployed"
    folder = "folder"


class TriedEvent(NamedTuple):
    """An event to try: the name of a sample or empty, the body, and the Alma profile it would come by."""

    sample: str
    body: bytes
    profile: str
    choice: RoutesChoice

    def __repr__(self) -> str:
        """Omit the body, because no log may have it."""
        return f"TriedEvent({self.sample!r}, …)"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Trial(NamedTuple):
    """What the routes would do with an event, as `routes explain --output json` has it.

    Without `data` there is a `problem` and its `details`.
    """

    tried: TriedEvent
    data: Mapping[str, Any] | None
    problem: str = ""
    details: tuple[str, ...] = ()


def project_of(console: Console) -> Project | None:
    """Return the project that the console was started for or in. Raise ConfigurationError for one with mistakes."""
    if console.settings.project:
        return find(console.settings.project)
    return console.scope.address.project


def folder_routes(console: Console) -> Path | None:
    """Return the routes file to compare with the deployed one: a named one, or that of the project."""
    project = project_of(console)
    return console.settings.routes or (project.routes if project else None)


def samples_of(console: Console) -> list[Sample]:
    """Return the samples of the project and the shipped ones. Raise ConfigurationError with every problem."""
    project = project_of(console)
    return load_with_shipped(project.samples) if project else load_all()


def pasted(text: str) -> bytes:
    """Return the text of a form field as a body, with the line breaks as they were pasted: a form sends others."""
    return text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")


def check(tried: TriedEvent, profiles: list[str]) -> None:
    """Raise ConfigurationError for an empty body, one that is too large, and an unknown Alma profile.

    A sample can have a profile of its own.
    """
    if not tried.body.strip():
        raise ConfigurationError("There is no event: select a sample, or paste the body of an event.")
    if len(tried.body) > MAX_BODY_BYTES:
        raise ConfigurationError("The body is larger than 1 MiB, the largest event.")
    if tried.profile not in profiles and not tried.sample:
        raise ConfigurationError(f"The stack has no Alma profile {tried.profile!r}.")


def try_event(console: Console, tried: TriedEvent) -> Trial:
    """Explain what the routes would do. Routes that cannot be read or used are the problem of the trial."""
    try:
        return Trial(tried, _explained(console, tried))
    except CommandError as error:
        return Trial(tried, None, str(error), error.details)


def _explained(console: Console, tried: TriedEvent) -> Mapping[str, Any]:
    scope, stage = console.scope, console.scope.stage
    if tried.choice is RoutesChoice.deployed:
        routes = known_routes(scope, None).routes()
        limit, targets = limit_of_stack(scope), target_names_of(scope)
    else:
        path = folder_routes(console)
        if path is None:
            raise ConfigurationError("There is no project folder: start the console in one, or with --project FOLDER.")
        routes = check_deployable(path)
        limit, targets = limits_beside(path).get(stage, USUAL), target_names(path, routes)
    envelope = received_now(tried.body, tried.profile)
    explanation = explain(envelope, routes, targets, stage=stage, topic_limit=limit)
    return full_data(tried.sample, explanation, routes, stage)
