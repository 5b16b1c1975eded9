"""Open the stack that an operator's command works on, and turn AWS errors into sentences."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

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

if TYPE_CHECKING:
    from scripts.aws.address import Address


class StackContext(NamedTuple):
    """A deployed stack with the clients for its account, and the address at which it was found."""

    aws: Aws
    address: "Address"
    stack: stack.Stack
    account: str

    @property
    def stage(self) -> str:
        """The stage of the stack."""
        return self.address.stage

    @property
    def options(self) -> str:
        """The flags that select the stack in other commands."""
        return self.address.options

    @property
    def aws_options(self) -> str:
        """The flags that select its account and region in a command of the AWS CLI."""
        return self.address.aws_options(self.region)

    @property
    def region(self) -> str:
        """The AWS region of the stack."""
        return self.aws.cloudformation.meta.region_name

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
        return self.stack.output(name, purpose)

    def profile(self, name: str) -> str:
        """Return the name if the stack serves this Alma profile, else raise ConfigurationError with the known names."""
        if name not in self.profiles:
            known = ", ".join(self.profiles)
            raise ConfigurationError(f"Stack {self.stack.name} has no Alma profile {name!r}; it has {known}.")
        return name

    def listener_url(self, profile: str) -> str:
        """Return the webhook URL of a profile, which Alma calls the listener URL."""
        return webhook_url(self.stack.outputs, self.aws.endpoint_url, profile)

    def facts(self) -> dict[str, str]:
        """Return account, region, stage and stack."""
        return {"account": self.account, "region": self.region, "stage": self.stage, "stack": self.stack.name}


def webhook_url(outputs: Mapping[str, str], endpoint_url: str | None, profile: str) -> str:
    """Return the webhook URL of a profile by the outputs of its pipeline; the emulator's if `endpoint_url` is given."""
    if endpoint_url:
        return emulator.Emulator(endpoint_url).webhook_url(outputs["ApiId"], profile)
    return outputs["WebhookUrlBase"] + profile


_CREDENTIALS: Final = "Set the usual AWS environment variables, or pass --aws-profile."
_ADVICE: Final[dict[type[Exception], str]] = {
    NoRegionError: "Pass --region, set AWS_REGION, or add `region` to alma-webhooks.yaml.",
    ProfileNotFound: "Pass --aws-profile with a profile of your AWS configuration.",
}


def clients_at(address: "Address") -> Aws:
    """Return the clients of an address. Raise ConfigurationError when no emulator answers."""
    if url := address.emulator_url:
        return Aws.local(emulator.existing(url).endpoint_url, address.region or emulator.REGION)
    return Aws.configured(address.region, address.aws_profile)


def check_account(aws: Aws, address: "Address") -> None:
    """Raise ConfigurationError unless the credentials are of the account that the project expects, if it names one."""
    if address.account is None or address.project is None:
        return
    found = aws.sts.get_caller_identity()["Account"]
    if found != address.account:
        raise ConfigurationError(
            f"The AWS credentials are of account {found}, but {address.project.path} expects account "
            f"{address.account}, so nothing was changed. Use credentials of that account, correct the file, or run the "
            "command outside of the project."
        )


def open_stack_context(address: "Address") -> StackContext:
    """Return the context of the stack at this address.

    Raise RejectedError for a stack of another product. Raise ConfigurationError if the stack does not exist, if it
    belongs to another stage, whose secrets its listeners read, or if the account is not the expected one.
    """
    aws = clients_at(address)
    region = aws.cloudformation.meta.region_name
    check_account(aws, address)
    described = stack.describe(aws, address.stack)
    if described is None:
        raise ConfigurationError(
            f"Stack {address.stack} not found in {region}. Deploy it first, or check --stage, --stack and --region.",
            [address.description(region)],
        )
    mark.check(described, mark.PIPELINE)
    parameters = stack.parameters_of(described)
    if (is_of := parameters.get("Stage")) != address.stage:
        raise ConfigurationError(
            f"Stack {address.stack} belongs to stage {is_of}, not {address.stage}: pass --stage {is_of}.",
            [address.description(region)],
        )
    found = stack.Stack(address.stack, stack.outputs_of(described), parameters)
    return StackContext(aws, address, found, stack.account_of(described))


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
        raise ConfigurationError(f"{str(error).rstrip('.')}. {_ADVICE.get(type(error), _CREDENTIALS)}") from None
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
