"""Deploy the pipeline to an emulator, started here or already running."""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from scripts.aws import emulator, parameters, ports, stack
from scripts.aws.clients import Aws, seal_environment
from scripts.aws.queues import queue_count
from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.signals import Interrupts
from scripts.deploy import expansion, package
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.plan import FIXED
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import PIPELINE_PART, StackDeployer
from scripts.routes.check import ROUTES, check_deployable
from scripts.secret.store import PROFILE, SecretStore, retired_profiles

STAGE: Final = "dev"
STACK: Final = f"alma-webhooks-{STAGE}"
_DEPLOY_SECONDS: Final = 60.0


class RunPlan(NamedTuple):
    """The checked options of a run, before the emulator is started."""

    port: int
    endpoint_url: str | None
    profile: str
    parameters: dict[str, str]
    packages: list[package.Package]
    functions_call: str = ""  # the AWS endpoint of the functions, if it is not the emulator itself


class Pipeline(NamedTuple):
    """A running pipeline."""

    emulator: emulator.Emulator
    aws: Aws
    stack: stack.Stack
    url: str
    profile: str
    secret: str
    heartbeat: tuple[str, str]  # the URL and the secret of the heartbeat profile

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
        }

    def dead_letters(self) -> int:
        """Return the approximate number of dead letters, without receiving any, which would hide them for a while."""
        return queue_count(self.aws.sqs, self.stack.outputs["DeadLetterQueueUrl"])


def plan(port: int, endpoint_url: str | None, profile: str, chosen: dict[str, str], routes: Path = ROUTES) -> RunPlan:
    """Check the options and build the zips, before anything is started. Raise ConfigurationError."""
    if not PROFILE.fullmatch(profile):
        raise ConfigurationError(
            f"{profile!r} is not the name of an Alma profile: use lower-case letters, digits and hyphens."
        )
    chosen = {"Profiles": profile} | chosen
    if profile not in parameters.listed(chosen["Profiles"]):
        raise ConfigurationError(f"The profile {profile} is not in the parameter Profiles ({chosen['Profiles']}).")
    template = load(PIPELINE_PART.template)
    parameters.check(chosen, FIXED, [template])
    expansion.expanded(template, chosen)
    check_deployable(routes, parameters.listed(parameters.in_force("Topics", template, chosen, {})))
    packages = package.build_both(None, routes)
    if endpoint_url is None:
        emulator.check_installed()
        port = ports.free(port)
    return RunPlan(port, endpoint_url, profile, chosen, packages)


@contextmanager
def up(planned: RunPlan, interrupts: Interrupts, report: stack.ReportLine) -> Iterator[Pipeline]:
    """Yield the pipeline on a new emulator, which is stopped at the end, or on a running one."""
    with _emulator(planned, interrupts, report) as running:
        seal_environment(running.endpoint_url, emulator.REGION)
        aws = Aws.local(running.endpoint_url, emulator.REGION)
        secret, own_secret = (_secret(aws, profile) for profile in (planned.profile, heartbeat.PROFILE))
        deployed = _deployed(aws, planned, report)
        api = deployed.outputs["ApiId"]
        url, own_url = (running.webhook_url(api, profile) for profile in (planned.profile, heartbeat.PROFILE))
        try:
            yield Pipeline(running, aws, deployed, url, planned.profile, secret, (own_url, own_secret))
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


def _deployed(aws: Aws, planned: RunPlan, report: stack.ReportLine) -> stack.Stack:
    """Deploy as to an AWS account, but without a prompt."""
    place = Place(STACK, aws.sts.get_caller_identity()["Account"], emulator.REGION)
    artefacts = Artefacts(aws, place.account, place.region)
    artefacts.upload([*planned.packages, package.routes_in(planned.packages)])
    served = [heartbeat.PROFILE, *parameters.listed(planned.parameters["Profiles"])]
    retired = ",".join(retired_profiles(aws.ssm, STAGE, served))
    fixed = {"Stage": STAGE, "RetiredProfiles": retired, "CodeBucket": artefacts.bucket}
    values = {**planned.parameters, **fixed, **package.names(planned.packages)}
    deployment = StackDeployer(
        aws, artefacts, place, values, lambda _: None, report, abandon_data=True, seconds=_DEPLOY_SECONDS
    )
    [done] = deployment.run((PIPELINE_PART,))
    return stack.Stack(done.name, done.outputs)


def _secret(aws: Aws, profile: str) -> str:
    """Return the secret of the profile: the existing one on a shared emulator, else a new random one."""
    store = SecretStore(aws.ssm, STAGE)
    if current := store.read(profile).current:
        return current.value
    secret = secrets.token_urlsafe(32)
    store.replace_current(profile, secret)
    return secret
