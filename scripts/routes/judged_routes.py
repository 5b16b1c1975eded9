"""The routes that a command judges by: those that the stack runs, or a file that the user names. Judges no event."""

from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from processor.routing.models import Problem, Routes, RoutesFile, read
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import ROUTES, problems_of, text_of
from scripts.routes.deployed_routes import DeployedRoutesUnknownError, RoutesFileCopy, deployed_routes


class JudgedRoutes(NamedTuple):
    """The text of a routes file, and how it stands to what the stack runs.

    `file` is the user's, None for the deployed one. `is_deployed` is None where the stack does not say what it runs.
    """

    text: str
    file: Path | None
    is_deployed: bool | None
    topics: frozenset[str]

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.file) if self.file else "the deployed routes file"

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong with it, with the topics that the stack has."""
        return problems_of(self.text, topics=self.topics)

    def read(self) -> RoutesFile:
        """Return the file as models; it has no problem."""
        return read(self.text)

    def routes(self) -> Routes:
        """Return the routes. Raises ConfigurationError with the first problem."""
        if found := self.problems:
            raise ConfigurationError(f"{self.name}: {found[0]}")
        return self.read().routes

    @property
    def told(self) -> str:
        """Whether the file is what is deployed, for people."""
        if self.file is None:
            return "by the deployed routes file"
        verdict = {True: "is what is deployed", False: "is not what is deployed"}
        return f"{self.file} {verdict[self.is_deployed]}" if self.is_deployed is not None else _unknown(self.file)

    def deploying(self, options: str) -> str:
        """Return the command that deploys the file; empty where it is deployed already."""
        if self.file is None or self.is_deployed:
            return ""
        return f"alma-webhooks deploy --routes {quote(str(self.file))} {options}"

    def as_data(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {"file": str(self.file) if self.file else None, "is_deployed": self.is_deployed}


def judged_routes(scope: StackContext, file: Path | None) -> JudgedRoutes:
    """Return the user's file, or else the deployed one.

    Raises ConfigurationError for a file that cannot be read, DeployedRoutesUnknownError for a deployed one.
    """
    topics = frozenset(listed(scope.stack.outputs.get("Topics", "")))
    if file is None:
        return JudgedRoutes(deployed_routes(scope.aws.s3, scope.stack.outputs), None, is_deployed=True, topics=topics)
    return JudgedRoutes(text_of(file), file, _is_deployed(scope, file), topics)


def deploy_options(scope: StackContext) -> str:
    """Return the options of a deployment that keeps the routes: FILE stands for them where this folder has others."""
    return f"--routes FILE {scope.options}" if _is_deployed(scope, ROUTES) is False else scope.options


def known_routes(scope: StackContext, file: Path | None) -> JudgedRoutes:
    """Return the same for a command that can do nothing without it, with a whole sentence in its error."""
    try:
        return judged_routes(scope, file)
    except DeployedRoutesUnknownError as error:
        raise DeployedRoutesUnknownError(f"Not known: {error}. Or pass --routes FILE to judge by a file.") from None


def _is_deployed(scope: StackContext, file: Path) -> bool | None:
    """Return whether a routes file is what the stack runs; None where the stack does not say."""
    deployed = scope.stack.outputs.get("RoutesDigest")
    return RoutesFileCopy(file.read_bytes()).digest == deployed if deployed else None


def _unknown(file: Path) -> str:
    return f"not known: whether {file} is what is deployed; the stack does not say which routes file it runs"
