"""Load the routes that a command uses: those that the stack runs, or a file that the user passes."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError, Problem
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.project.mistakes import text_of
from scripts.routes.check import compile_checked

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class JudgedRoutes(NamedTuple):
    """A routes file, compiled and checked against the targets of the stack, and whether it is the deployed one.

    `compiled` is None if there are `problems`. `file` is the user's file, None for the deployed one. `is_deployed` is
    None if the stack does not say which file it runs.
    """

    compiled: CompiledRoutes | None
    problems: list[Problem]
    file: Path | None
    is_deployed: bool | None

    @classmethod
    def of(cls, text: str, stack: Stack, file: Path | None, *, is_deployed: bool | None) -> Self:
        """Compile and check the text of a file, for a stack that has what its own routes declare."""
        try:
            known = {"topic": listed(stack.outputs.get("Topics", "")), "state_machine": stack.state_machines}
            return cls(compile_checked(text, known), [], file, is_deployed)
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
        if self.is_deployed is None:
            return f"{self.file} may not be deployed: the stack does not say which routes file it runs"
        return f"{self.file} {'is' if self.is_deployed else 'is not'} deployed"

    def deploying(self, options: str) -> str:
        """Return the command that deploys the file; empty if it is already deployed."""
        if self.file is None or self.is_deployed:
            return ""
        return f"alma-webhooks deploy {options}"

    def as_data(self) -> dict[str, Any]:
        """Return the file and whether it is deployed as JSON data."""
        return {"file": str(self.file) if self.file else None, "is_deployed": self.is_deployed}


def judged_routes(scope: StackContext, file: Path | None) -> JudgedRoutes:
    """Return the user's file, or else the deployed one.

    Raise ConfigurationError if the user's file cannot be read, DeployedRoutesUnknownError if the deployed one cannot.
    """
    if file is None:
        text = deployed_routes(scope.aws.s3, scope.stack.outputs)
        return JudgedRoutes.of(text, scope.stack, None, is_deployed=True)
    return JudgedRoutes.of(text_of(file), scope.stack, file, is_deployed=_is_deployed(scope, file))


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


# A routes file has some kilobytes. This limits the memory used for an object that somebody else stored.
_LONGEST_FILE: Final = 4_000_000


class RoutesFileCopy(NamedTuple):
    """A routes file, byte for byte."""

    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def key(self) -> str:
        """The S3 key."""
        return _key(self.digest)


class DeployedRoutesUnknownError(FailedError):
    """The deployed routes file cannot be read; the message says why and what to do, without a trailing period."""


def deployed_routes(s3: "S3Client", outputs: Mapping[str, str]) -> str:
    """Return the text of the routes file that a stack with these outputs runs.

    Raise DeployedRoutesUnknownError if the stack does not name the file, or if it cannot be read.
    """
    digest, bucket = outputs.get("RoutesDigest", ""), outputs.get("CodeBucket", "")
    if not re.fullmatch(r"[0-9a-f]{64}", digest) or not bucket:
        raise DeployedRoutesUnknownError(
            "the stack does not say which routes file it runs (output RoutesDigest); deploy it once with this version"
        )
    where = f"s3://{bucket}/{_key(digest)}"
    try:
        content = s3.get_object(Bucket=bucket, Key=_key(digest))["Body"].read(_LONGEST_FILE + 1)
    except ClientError as error:
        code = error.response["Error"].get("Code", "unknown")
        raise DeployedRoutesUnknownError(f"AWS answers {code} for {where}{_advice(code)}") from None
    except BotoCoreError as error:
        raise DeployedRoutesUnknownError(f"no response from AWS for {where}: {type(error).__name__}") from None
    if RoutesFileCopy(content).digest != digest:
        raise DeployedRoutesUnknownError(f"{where} is not the file that was deployed; its digest differs")
    return content.decode("utf-8")


def deployed_routes_or_none(s3: "S3Client", outputs: Mapping[str, str]) -> str | None:
    """Return the same, or None if the file cannot be read."""
    try:
        return deployed_routes(s3, outputs)
    except DeployedRoutesUnknownError:
        return None


def _key(digest: str) -> str:
    return f"routes/{digest}.yaml"


def _advice(code: str) -> str:
    if code in {"NoSuchKey", "404"}:
        return ": the file was deleted; deploy the same routes again to store it"
    return ": your role needs s3:GetObject there" if code in {"AccessDenied", "403"} else ""
