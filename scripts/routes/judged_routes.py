"""Load the routes that a command uses: those that the stack runs, or a file that the user passes."""

from collections.abc import Collection
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple, Self

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError, Problem
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.check import ROUTES, compile_checked, text_of
from scripts.routes.deployed_routes import DeployedRoutesUnknownError, RoutesFileCopy, deployed_routes


class JudgedRoutes(NamedTuple):
    """A routes file, compiled and checked against the topics of the stack, and whether it is the deployed one.

    `compiled` is None if there are `problems`. `file` is the user's file, None for the deployed one. `is_deployed` is
    None if the stack does not say which file it runs.
    """

    compiled: CompiledRoutes | None
    problems: list[Problem]
    file: Path | None
    is_deployed: bool | None

    @classmethod
    def of(cls, text: str, topics: Collection[str], file: Path | None, *, is_deployed: bool | None) -> Self:
        """Compile and check the text of a file."""
        try:
            return cls(compile_checked(text, topics=topics), [], file, is_deployed)
        except InvalidRoutesError as error:
            return cls(None, error.problems, file, is_deployed)

    @property
    def name(self) -> str:
        """The name of the file for messages."""
        return str(self.file) if self.file else "the deployed routes file"

    def routes(self) -> CompiledRoutes:
        """Return the routes. Raise ConfigurationError with the first problem."""
        if self.compiled is None:
            raise ConfigurationError(f"{self.name}: {self.problems[0]}")
        return self.compiled

    @property
    def description(self) -> str:
        """Which routes are used, and whether they are deployed, for messages."""
        if self.file is None:
            return "using the deployed routes file"
        verdict = {True: "is deployed", False: "is not deployed"}
        return f"{self.file} {verdict[self.is_deployed]}" if self.is_deployed is not None else _unknown(self.file)

    def deploying(self, options: str) -> str:
        """Return the command that deploys the file; empty if it is already deployed."""
        if self.file is None or self.is_deployed:
            return ""
        return f"alma-webhooks deploy --routes {quote(str(self.file))} {options}"

    def as_data(self) -> dict[str, Any]:
        """Return the file and whether it is deployed as JSON data."""
        return {"file": str(self.file) if self.file else None, "is_deployed": self.is_deployed}


def judged_routes(scope: StackContext, file: Path | None) -> JudgedRoutes:
    """Return the user's file, or else the deployed one.

    Raise ConfigurationError if the user's file cannot be read, DeployedRoutesUnknownError if the deployed one cannot.
    """
    topics = frozenset(listed(scope.stack.outputs.get("Topics", "")))
    if file is None:
        text = deployed_routes(scope.aws.s3, scope.stack.outputs)
        return JudgedRoutes.of(text, topics, None, is_deployed=True)
    return JudgedRoutes.of(text_of(file), topics, file, is_deployed=_is_deployed(scope, file))


def deploy_options(scope: StackContext) -> str:
    """Return the flags of a deployment that keeps the deployed routes.

    They include `--routes FILE` if the routes in this folder differ from the deployed ones.
    """
    return f"--routes FILE {scope.options}" if _is_deployed(scope, ROUTES) is False else scope.options


def known_routes(scope: StackContext, file: Path | None) -> JudgedRoutes:
    """Return the same for a command that needs the routes; its error is a complete sentence."""
    try:
        return judged_routes(scope, file)
    except DeployedRoutesUnknownError as error:
        raise DeployedRoutesUnknownError(
            f"The deployed routes cannot be read: {error}. Or pass --routes FILE to use a file."
        ) from None


def _is_deployed(scope: StackContext, file: Path) -> bool | None:
    """Return whether the stack runs this routes file; None if the stack does not say which file it runs."""
    deployed = scope.stack.outputs.get("RoutesDigest")
    return RoutesFileCopy(file.read_bytes()).digest == deployed if deployed else None


def _unknown(file: Path) -> str:
    return f"{file} may not be deployed: the stack does not say which routes file it runs"
