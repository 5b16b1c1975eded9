"""Open the stack that an operator's command works on, and turn AWS errors into sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)

from scripts.aws import emulator, mark, stack
from scripts.aws.clients import Aws
from scripts.aws.endpoints import check_listening
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError, FailedError


class StackContext(NamedTuple):
    """A deployed stack with the clients for its account. `options` are the flags that select it in other commands."""

    aws: Aws
    stage: str
    stack: stack.Stack
    options: str

    @property
    def profiles(self) -> list[str]:
        """The Alma profiles that the stack serves."""
        return listed(self.stack.outputs["Profiles"])

    @property
    def secret_lifetime(self) -> int:
        """Seconds that ingest keeps secrets. Raise ConfigurationError if the stack has no such output."""
        try:
            return int(self.stack.outputs["SecretLifetimeSeconds"])
        except (KeyError, ValueError):
            raise ConfigurationError(
                f"Stack {self.stack.name} has no output SecretLifetimeSeconds, which shows how long its listeners keep "
                "secrets. Deploy this version's template and code first."
            ) from None

    def output(self, name: str, purpose: str) -> str:
        """Return an output of the stack. Raise ConfigurationError, which quotes `purpose`, if it does not exist."""
        if name not in self.stack.outputs:
            raise ConfigurationError(
                f"Stack {self.stack.name} has no output {name}, which shows {purpose}. Deploy this version's template "
                "first."
            )
        return self.stack.outputs[name]

    def profile(self, name: str) -> str:
        """Return the name if the stack serves this Alma profile, else raise ConfigurationError with the known names."""
        if name not in self.profiles:
            known = ", ".join(self.profiles)
            raise ConfigurationError(f"Stack {self.stack.name} has no Alma profile {name!r}; it has {known}.")
        return name

    def listener_url(self, profile: str) -> str:
        """Return the webhook URL of a profile, which Alma calls the listener URL."""
        if self.aws.endpoint_url:
            return emulator.Emulator(self.aws.endpoint_url).webhook_url(self.stack.outputs["ApiId"], profile)
        return self.stack.outputs["WebhookUrlBase"] + profile

    def facts(self) -> dict[str, str]:
        """Return account, region, stage and stack."""
        account = self.aws.sts.get_caller_identity()["Account"]
        region = self.aws.ssm.meta.region_name
        return {"account": account, "region": region, "stage": self.stage, "stack": self.stack.name}


def clients(endpoint_url: str | None, region: str | None, aws_profile: str | None = None) -> Aws:
    """Return the clients that the options name. Raise ConfigurationError when no emulator answers."""
    if endpoint_url:
        return Aws.local(emulator.existing(endpoint_url).endpoint_url, region or emulator.REGION)
    return Aws.configured(region, aws_profile)


def open_stack_context(
    stage: str, stack_name: str | None, endpoint_url: str | None, region: str | None = None
) -> StackContext:
    """Return the context of the stack that a command's options name.

    Raise RejectedError for a stack of another product. Raise ConfigurationError if the stack does not exist or belongs
    to another stage: its listeners would never read what is stored for this one.
    """
    aws = clients(endpoint_url, region)
    name = stack_name or f"alma-webhooks-{stage}"
    described = stack.describe(aws, name)
    if described is None:
        raise ConfigurationError(
            f"Stack {name} not found in {aws.cloudformation.meta.region_name}. Deploy it first, or check --stage, "
            "--stack and the AWS region."
        )
    mark.check(described, mark.PIPELINE)
    is_of = stack.parameters_of(described).get("Stage")
    found = stack.Stack(name, stack.outputs_of(described))
    if is_of != stage:
        raise ConfigurationError(f"Stack {found.name} belongs to stage {is_of}, not {stage}: pass --stage {is_of}.")
    options = [
        f"--stage {stage}",
        stack_name and f"--stack {stack_name}",
        endpoint_url and f"--endpoint-url {aws.endpoint_url}",
    ]
    return StackContext(aws, stage, found, " ".join(filter(None, options)))


@contextmanager
def aws_errors_explained() -> Iterator[None]:
    """Turn botocore's errors into FailedError or ConfigurationError, with one sentence that quotes no sent value."""
    try:
        yield
    except ClientError as error:
        raise FailedError(f"AWS rejected {error.operation_name}: {reason_of(error)}.") from None
    except (NoCredentialsError, PartialCredentialsError, NoRegionError, ProfileNotFound) as error:
        if address := os.environ.get("AWS_ENDPOINT_URL"):
            check_listening(address)
        raise ConfigurationError(f"{str(error).rstrip('.')}. Set the usual AWS environment variables.") from None
    except BotoCoreError as error:
        raise FailedError(f"No answer from AWS: {reason_of(error)}.") from None


def reason_of(error: ClientError | BotoCoreError) -> str:
    """Return AWS's reason, or only the code if the message could quote a secret, as those of SSM and botocore do."""
    if isinstance(error, ParamValidationError):
        return type(error).__name__
    if isinstance(error, BotoCoreError):
        return str(error).splitlines()[0].rstrip(".")
    code = error.response["Error"].get("Code", "unknown")
    is_safe = error.operation_name != "PutParameter" or code.startswith("AccessDenied")
    return f"{code}, {error.response['Error'].get('Message', '')}".rstrip(" .,") if is_safe else code
