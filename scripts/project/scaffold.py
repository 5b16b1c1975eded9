"""Compose the files of a new project folder: small, commented and valid. Writes nothing."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from scripts.cli.exit_codes import ConfigurationError
from scripts.project import event_families
from scripts.project.folder import EXAMPLE, FILE
from scripts.project.models import AlmaProfile, Region
from scripts.project.yaml_text import flow_list, scalar

STAGES: Final = ("dev", "stg", "prod")
GITIGNORE: Final = (
    "# Exported dead letters and copies of the audit log hold patron data.\n*.jsonl\n\n"
    "# The zips that `alma-webhooks package` builds.\nbuild/\n\n# Secrets are in SSM, never in this folder.\n.env\n"
)

_FILE: Final = """\
# The stacks of this project. A deployment makes each stack as this file and routes.yaml say.
# For completion in an editor: alma-webhooks routes schema project > .project.schema.json, then add the line
# `# yaml-language-server: $schema=.project.schema.json` at the top.
schema: 1
name: {name} # marks the stacks of this project
{region}stage: {stage} # the stage of commands without --stage

stages:
"""
_NO_REGION: Final = "# region: eu-central-1 # else the region of the AWS_* variables or of the AWS profile\n"
_ROUTES: Final = """\
# The routes: which events go to which targets. Check them with `alma-webhooks routes check`.
#
# Every matching route fires; a fallback fires if no other route matched.
#   when     an Amazon EventBridge event pattern over the event's body
#   if       a Jinja2 expression, for what a pattern cannot express
#   deliver  topic: one of the topics below, or an ARN; state_machine, queue, event_bus, function: an ARN;
#            notification: CHANNEL/TOPIC of notifications.yaml
#            message (of topics, queues and functions) or input (of the others, and functions) instead of the event:
#            text or YAML with templates; !json before a text makes a number, true or false, or an object of it

topics: {topics} # what the stack creates; to remove one, delete it here and deploy with --allow-removal NAME

routes:
"""
_INDEX: Final = (
    "# Sample events, and what the routes do with each at stage dev. Every person and identifier is invented.\n"
)
_README: Final = """\
# {name}

Receives webhooks of Ex Libris Alma and delivers them to the targets in `routes.yaml`, with alma-webhooks.

```sh
alma-webhooks routes check         # check the routes and everything they name
alma-webhooks routes test          # try the events in events/ and compare the deliveries
alma-webhooks run                  # run the pipeline with these routes on this computer
{deploy} # show what would change on AWS, ask, and deploy
{doctor} # check the deployed stack
```

`alma-webhooks.yaml` has the stages and their Alma profiles. Keep this folder in a repository; it holds no secrets.
"""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ProjectRequest(NamedTuple):
    """What a user chose for a new project. `families` are names of event families."""

    name: str
    region: str | None = None
    stages: Sequence[str] = ("dev",)
    alma_profiles: Sequence[str] = ("alma",)
    alarm_email: str | None = None
    families: Sequence[str] = event_families.DEFAULT

    def check(self) -> None:
        """Raise ConfigurationError, which names the flag, for the first invalid choice."""
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"--name {self.name} is not valid: use lower-case letters, digits and hyphens, a letter first."
            )
        if self.region and not _is_valid(Region, self.region):
            raise ConfigurationError(f"--region {self.region} is not an AWS region, such as eu-central-1.")
        for profile in self.alma_profiles:
            if profile == "heartbeat" or not _is_valid(AlmaProfile, profile):
                raise ConfigurationError(
                    f"--alma-profile {profile} is not valid: use lower-case letters, digits and hyphens, and not "
                    "heartbeat, which is built in."
                )
        if self.alarm_email and not _EMAIL.fullmatch(self.alarm_email):
            raise ConfigurationError("--alarm-email is not an e-mail address.")
        if not self.stages or (unknown := [each for each in self.stages if each not in STAGES]):
            given = ", ".join(unknown) if self.stages else "without a stage"
            raise ConfigurationError(f"--stage {given} is not valid: use {', '.join(STAGES)}.")
        if not event_families.chosen(self.families):
            raise ConfigurationError("No event family is chosen. Pass --route with at least one.")


def files(request: ProjectRequest) -> dict[str, bytes]:
    """Return the content of each file of the folder by its path. Raise ConfigurationError for an invalid choice."""
    request.check()
    families = event_families.chosen(request.families)
    topics = flow_list(family.name for family in families)
    texts = {
        FILE: project_file(request),
        "routes.yaml": _ROUTES.format(topics=topics) + "\n".join(family.route for family in families),
        "events/index.yaml": _INDEX + "".join(family.index_entry for family in families),
        **surroundings(request.name, request.stages[0]),
    }
    samples = [f"events/{each.sample}.json" for each in families]
    copies = {path: (EXAMPLE / path).read_bytes() for path in samples}
    return {path: text.encode() for path, text in texts.items()} | copies


def surroundings(name: str, stage: str) -> dict[str, str]:
    """Return the texts of the files beside the configuration: .gitignore and README.md."""
    commands = {each: f"{f'alma-webhooks {each} --stage {stage}':<34}" for each in ("deploy", "doctor")}
    return {".gitignore": GITIGNORE, "README.md": _README.format(name=name, **commands)}


def project_file(request: ProjectRequest, more: Sequence[str] = (), runtime: str | None = None) -> str:
    """Return the text of alma-webhooks.yaml. `more` has further lines for each stage."""
    stages = list(dict.fromkeys(request.stages))
    region = f"region: {scalar(request.region)}\n" if request.region else _NO_REGION
    region += f"runtime: {runtime}\n" if runtime else ""
    text = _FILE.format(name=scalar(request.name), region=region, stage=stages[0])
    return text + "".join(_stage(stage, request, more) for stage in stages)


def _stage(stage: str, request: ProjectRequest, more: Sequence[str]) -> str:
    email = f"alarm_email: {scalar(request.alarm_email)}" if request.alarm_email else "# alarm_email: ADDRESS"
    lines = [f"alma_profiles: {flow_list(dict.fromkeys(request.alma_profiles))}", email, *more]
    return f"  {stage}:\n" + "".join(f"    {line}\n" for line in lines)


def _is_valid(form: Any, value: str) -> bool:
    try:
        TypeAdapter(form).validate_python(value)
    except ValidationError:
        return False
    return True
