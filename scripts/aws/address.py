"""Resolve where a command works: stage, stack, region, AWS profile, endpoint and project, each with its source.

A flag goes before the environment, the environment before alma-webhooks.yaml, and the file before the default. This
module does not import the AWS SDK.
"""

import os
from collections.abc import Mapping
from shlex import quote
from typing import Final, NamedTuple, cast

from scripts.aws import emulator
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import StackFlags, StageName
from scripts.project import folder
from scripts.project.folder import Project
from scripts.project.models import StageKey, StageSettings

VARIABLES: Final[dict[str, tuple[str, ...]]] = {
    "stage": ("ALMA_WEBHOOKS_STAGE",),
    "stack": ("ALMA_WEBHOOKS_STACK",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "aws_profile": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    "endpoint_url": ("ALMA_WEBHOOKS_ENDPOINT_URL", "AWS_ENDPOINT_URL"),
    "project": (folder.VARIABLE,),
}
"""The environment variables of each flag of StackFlags, the first one first."""

_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")

FROM_URL: Final = "from the webhook URL"
_FROM_FILE: Final = f"from {folder.FILE}"
_FROM_AWS_ENDPOINT: Final = "from AWS_ENDPOINT_URL"


class Setting(NamedTuple):
    """A value and a phrase that says where it came from, such as `from --stage`."""

    value: str | None
    source: str = "default"


_UNSET: Final = Setting(None)


class Address(NamedTuple):
    """Where a command works. `account` is the one that the project expects; `sources` has a phrase for each value.

    A value is None if the AWS configuration decides.
    """

    stage: str
    stack: str
    region: str | None
    aws_profile: str | None
    endpoint_url: str | None
    account: str | None
    project: Project | None
    sources: Mapping[str, str]

    @property
    def emulator_url(self) -> str | None:
        """The URL of the emulator, or None for AWS. AWS_ENDPOINT_URL is left to the AWS SDK, which reads it itself."""
        return None if self.sources["endpoint_url"] == _FROM_AWS_ENDPOINT else self.endpoint_url

    def chosen(self, name: str) -> str | None:
        """The value of a field that a flag, a variable or the project chose; None for the default."""
        return None if self.sources[name] == _UNSET.source else getattr(self, name)

    @property
    def options(self) -> str:
        """The flags that give another command the same address: the stage, and what a flag or URL gave to this one."""
        values = self._values()
        given = [
            name for name in values if name != "stage" and self.sources[name] in (f"from {flag_of(name)}", FROM_URL)
        ]
        return " ".join(f"{flag_of(name)} {quote(values[name])}" for name in ("stage", *given))

    def aws_options(self, region: str) -> str:
        """The flags that give a command of the AWS CLI the same account and region, which is that of the stack."""
        given = {"--region": region, "--profile": self.aws_profile, "--endpoint-url": self.endpoint_url}
        return " ".join(f"{flag} {quote(value)}" for flag, value in given.items() if value)

    def description(self, region: str | None, account: str = "") -> str:
        """Return one line for people. `region` and `account` are those of the clients, if they have them."""
        values = self._values() | ({"region": region} if region else {})
        parts = {name: f"{_LABELS[name]} {value} ({self.sources[name]})" for name, value in values.items()}
        first = [parts.pop(name) for name in ("stage", "region", "stack") if name in parts]
        return ", ".join([*first, *([f"account {account}"] if account else []), *parts.values()])

    @property
    def needed_project(self) -> Project:
        """The project. Raise ConfigurationError if there is none."""
        if self.project is None:
            raise ConfigurationError(folder.MISSING)
        return self.project

    def _values(self) -> dict[str, str]:
        """Return the values of the flags that have one."""
        values = {name: getattr(self, name) for name in VARIABLES if name != "project"}
        values["project"] = str(self.project.folder) if self.project else None
        return {name: value for name, value in values.items() if value}


_LABELS: Final = {name: name for name in VARIABLES} | {"aws_profile": "AWS profile", "endpoint_url": "endpoint"}


def flag_of(name: str) -> str:
    """Return the flag of a field of StackFlags."""
    return f"--{name.replace('_', '-')}"


def address_of(flags: StackFlags, environ: Mapping[str, str] = os.environ) -> Address:
    """Return the address that the flags, the environment and the project give.

    The project is the named or found one; a command on a stack needs none. Raise ConfigurationError for an invalid
    project file or value.
    """
    return resolve(flags, environ, folder.find(flags.project, environ=environ))


def address_of_project(flags: StackFlags, environ: Mapping[str, str] = os.environ) -> Address:
    """Return the same for a command that needs a project. Raise ConfigurationError, also if there is none."""
    return resolve(flags, environ, folder.needed(flags.project, environ))


def resolve(flags: StackFlags, environ: Mapping[str, str], project: Project | None) -> Address:
    """Return the address that these flags, variables and this project give. Read nothing else.

    Raise ConfigurationError for a stage that does not exist, or that the project does not have.
    """
    stage = _stage(flags, environ, project)
    written = _written(project, str(stage.value))
    stack = _first("stack", flags, environ, written.stack, Setting(f"alma-webhooks-{stage.value}"))
    _check_written(project, stage, stack)
    endpoint = _first("endpoint_url", flags, environ, written.endpoint_url)
    if endpoint.value and endpoint.source != _FROM_AWS_ENDPOINT:
        endpoint = endpoint._replace(value=endpoint.value.rstrip("/"))
        region = _first("region", flags, {}, None, Setting(emulator.REGION, "that of the emulator"))
        aws_profile, account = _UNSET, None
    else:
        region = _first("region", flags, environ, written.region, Setting(None, "from the AWS configuration"))
        # The SDK prefers credentials of the environment to those of a profile, unless a flag names one.
        has_credentials = any(environ.get(name) for name in _CREDENTIALS)
        aws_profile = _first("aws_profile", flags, *(({}, None) if has_credentials else (environ, written.aws_profile)))
        account = written.account
    settings = {"stage": stage, "stack": stack, "region": region, "aws_profile": aws_profile, "endpoint_url": endpoint}
    sources = {name: each.source for name, each in settings.items()} | {"project": _source_of(project)}
    return Address(
        str(stage.value), str(stack.value), region.value, aws_profile.value, endpoint.value, account, project, sources
    )


def _first(
    name: str, flags: StackFlags, environ: Mapping[str, str], written: str | None, default: Setting = _UNSET
) -> Setting:
    """Return the first of the flag, the variables, the file and the default. An empty value counts as none."""
    candidates = [
        (getattr(flags, name), f"from {flag_of(name)}"),
        *((environ.get(variable), f"from {variable}") for variable in VARIABLES[name]),
        (written, _FROM_FILE),
    ]
    return next((Setting(str(value), source) for value, source in candidates if value), default)


def _stage(flags: StackFlags, environ: Mapping[str, str], project: Project | None) -> Setting:
    found = _first("stage", flags, environ, project and project.file.stage, Setting(StageName.dev.value))
    if found.value not in StageName.__members__:
        raise ConfigurationError(f"The stage {found.source} is {found.value!r}; it must be {', '.join(StageName)}.")
    return found


def _check_written(project: Project | None, stage: Setting, stack: Setting) -> None:
    """Check that the project has a stage that was chosen, unless the stack is named too, which says its own stage."""
    is_chosen = stage.source != _UNSET.source and stack.source == _UNSET.source
    if project and is_chosen and stage.value not in project.file.stages:
        known = ", ".join(project.file.stages)
        raise ConfigurationError(
            f"{project.path} has no stage {stage.value} ({stage.source}); it has {known}. Pass one of these with "
            "--stage, add the stage to the file, or name its stack with --stack."
        )


def _written(project: Project | None, stage: str) -> StageSettings:
    """Return what the file says of the stage, with the region and account of the whole file where it says nothing."""
    if project is None:
        return StageSettings()
    found = project.file.stages.get(cast("StageKey", stage)) or StageSettings()
    general = {"region": found.region or project.file.region, "account": found.account or project.file.account}
    return found.model_copy(update=general)


def _source_of(project: Project | None) -> str:
    if project is None:
        return "default"
    return f"from {project.source}" if project.source in {"--project", folder.VARIABLE} else project.source
