"""Deploy the pipeline to an emulator, started here or already running."""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from notifications.topic_file import DeclaredTopic
from scripts.aws import emulator, parameters, ports, stack
from scripts.aws.clients import Aws, seal_environment
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.signals import Interrupts
from scripts.deploy import optional_parts, package, planned_build
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import StackDeployer, expanded_with
from scripts.deploy.stack_part import PIPELINE_PART, StackPart
from scripts.local.local_project import desired_here, files_of, parts_here
from scripts.local.notifications import LocalNotifications, notifications_up
from scripts.local.part_programs import PartPrograms, part_programs, programs_of
from scripts.project.declared_topics import declared_topics
from scripts.project.folder import Project
from scripts.routes.checked_routes import warning_lines
from scripts.secret.store import SecretStore

STAGE: Final = "dev"
STACK: Final = f"alma-webhooks-{STAGE}"
_DEPLOY_SECONDS: Final = 60.0


class RunPlan(NamedTuple):
    """The checked options of a run, before the emulator is started."""

    port: int
    endpoint_url: str | None
    profile: str
    project: Project
    routes: Path
    parameters: dict[str, str]
    packages: list[package.Package]
    files: tuple[Path, ...] = ()  # those of the project that were read
    functions_call: str = ""  # the AWS endpoint of the functions, if it is not the emulator itself
    warnings: tuple[str, ...] = ()  # the lines of the warnings about the routes
    topics: tuple[DeclaredTopic, ...] | None = None  # None without notifications
    parts: tuple[StackPart, ...] = ()  # the further parts of the project


class Pipeline(NamedTuple):
    """A running pipeline."""

    emulator: emulator.Emulator
    aws: Aws
    stack: stack.Stack
    url: str
    profile: str
    secret: str
    heartbeat: tuple[str, str]  # the URL and the secret of the heartbeat profile
    project: str = ""  # its name
    notifications: LocalNotifications | None = None
    programs: PartPrograms | None = None  # of the further parts

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that a program needs to use the pipeline, as JSON values."""
        return {
            "webhook_url": self.url,
            "endpoint_url": self.emulator.endpoint_url,
            "region": emulator.REGION,
            "profile": self.profile,
            "secret": self.secret,
            "stack": self.stack.name,
            "queue_url": self.stack.outputs["QueueUrl"],
            "dead_letter_queue_url": self.stack.outputs["DeadLetterQueueUrl"],
            "topics": self.stack.topics,
            "state_machines": self.stack.state_machines,
            "project": self.project,
            **(self.notifications.facts if self.notifications else {}),
        }

    def dead_letters(self) -> int:
        """Return the approximate number of dead letters, without receiving any, which would hide them for a while."""
        return queue_count(self.aws.sqs, self.stack.outputs["DeadLetterQueueUrl"])


def plan(
    port: int,
    endpoint_url: str | None,
    profile: str | None,
    chosen: dict[str, str],
    project: Project,
    routes: Path | None = None,
) -> RunPlan:
    """Check the options and build the zips, before anything is started. Raise ConfigurationError."""
    place = Place(STACK, "0" * 12, emulator.REGION, project.file.name)
    wanted = desired_here(project, STAGE, place, chosen, routes)
    topics = tuple(declared_topics(project.notifications)) if project.settings(STAGE).notifications else None
    served = parameters.listed(wanted.values["Profiles"])
    if not served:
        raise ConfigurationError(f"{project.path} serves no Alma profile in the stage {STAGE}, so nothing can be sent.")
    profile = profile or served[0]
    if profile not in served:
        raise ConfigurationError(
            f"{project.path} serves no Alma profile {profile} in the stage {STAGE}; it has {', '.join(served)}."
        )
    expanded_with(PIPELINE_PART.load(), wanted.values, wanted.state_machines, wanted.substitutions)
    packages = package.build_product(None, wanted.routes_path, with_notifications=topics is not None)
    parts, zips = parts_here(project)
    if endpoint_url is None:
        emulator.check_installed()
        port = ports.free(port)
    warnings = tuple(warning_lines(wanted.routes_path, wanted.warnings))
    planned = RunPlan(port, endpoint_url, profile, project, wanted.routes_path, chosen, [*packages, *zips])
    return planned._replace(files=files_of(project, wanted), warnings=warnings, topics=topics, parts=parts)


@contextmanager
def up(planned: RunPlan, interrupts: Interrupts, report: stack.ReportLine) -> Iterator[Pipeline]:
    """Yield the pipeline on a new emulator, which is stopped at the end, or on a running one."""
    with _emulator(planned, interrupts, report) as running:
        seal_environment(running.endpoint_url, emulator.REGION)
        aws = Aws.local(running.endpoint_url, emulator.REGION)
        secret, own_secret = (_secret(aws, profile) for profile in (planned.profile, heartbeat.PROFILE))
        deployed = deploy(aws, planned, report)
        api = deployed.outputs["ApiId"]
        url, own_url = (running.webhook_url(api, profile) for profile in (planned.profile, heartbeat.PROFILE))
        try:
            own, name = (own_url, own_secret), planned.project.file.name
            with (
                notifications_up(aws, running, STAGE, STACK, planned.topics) as notifying,
                part_programs(programs_of(planned.project, STACK, STAGE)) as programs,
            ):
                yield Pipeline(running, aws, deployed, url, planned.profile, secret, own, name, notifying, programs)
        except (BotoCoreError, ClientError):
            running.check_alive()  # an emulator that has ended is the cause, and its error message has its log
            raise


def _emulator(
    planned: RunPlan, interrupts: Interrupts, report: stack.ReportLine
) -> AbstractContextManager[emulator.Emulator]:
    if planned.endpoint_url:
        return nullcontext(emulator.existing(planned.endpoint_url))
    report(f"starting the emulator on {ports.HOST}:{planned.port}")
    return emulator.started(planned.port, interrupts, planned.functions_call)


def deploy(aws: Aws, planned: RunPlan, report: stack.ReportLine) -> stack.Stack:
    """Deploy as to an AWS account, but without a prompt. Raise FailedError."""
    place = Place.of(aws, STACK, planned.project.file.name)
    wanted = desired_here(planned.project, STAGE, place, planned.parameters, planned.routes)
    artefacts = Artefacts(aws, place.account, place.region)
    artefacts.upload([*planned.packages, package.routes_in(planned.packages)])
    served = [heartbeat.PROFILE, *parameters.listed(wanted.values["Profiles"])]
    fixed = planned_build.fixed(aws, STAGE, served, artefacts.bucket, place) | {"AlarmStack": ""}
    deployer = StackDeployer(
        aws,
        artefacts,
        place,
        {**wanted.values, **fixed, **package.names(planned.packages)},
        lambda _: None,
        report,
        abandon_data=True,
        state_machines=wanted.state_machines,
        substitutions=wanted.substitutions,
        seconds=_DEPLOY_SECONDS,
    )
    optional = () if planned.topics is None else optional_parts.OPTIONAL
    done, *_ = deployer.run((PIPELINE_PART, *optional, *planned.parts))
    return stack.Stack(done.name, done.outputs)


def _secret(aws: Aws, profile: str) -> str:
    """Return the secret of the profile: the existing one on a shared emulator, else a new random one."""
    store = SecretStore(aws.ssm, STAGE)
    if current := store.read(profile).current:
        return current.value
    secret = secrets.token_urlsafe(32)
    store.replace_current(profile, secret)
    return secret
