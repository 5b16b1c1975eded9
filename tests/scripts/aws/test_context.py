"""Selecting the stack of a command, and explaining AWS errors."""

from pathlib import Path

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
)
from botocore.stub import Stubber

from scripts.aws.address import resolve
from scripts.aws.clients import Aws
from scripts.aws.context import (
    StackContext,
    aws_errors_explained,
    check_account,
    clients_at,
    open_stack_context,
)
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.cli.options import StackFlags
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.end_to_end.addresses import address_at
from tests.scripts.deploy.stacks import described
from tests.scripts.local.loopback import serving

OUTPUTS = {"Profiles": "alma,consortium"}


def opened(monkeypatch: pytest.MonkeyPatch, stage: str, stack: str | None, is_of: str) -> StackContext:
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    monkeypatch.setattr("scripts.aws.clients.Aws.configured", lambda *_: aws)
    expected = {"StackName": stack or f"alma-webhooks-{stage}"}
    answer = described("CREATE_COMPLETE", OUTPUTS, Stage=is_of)
    with Stubber(aws.cloudformation) as stub:
        stub.add_response("describe_stacks", answer, expected)
        return open_stack_context(address_at(stage, stack, None))


def test_the_stack_is_named_after_its_stage_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options that lead other commands to the same place are the given ones."""
    assert opened(monkeypatch, "stg", None, "stg").options == "--stage stg"
    assert opened(monkeypatch, "stg", "mine", "stg").options == "--stage stg --stack mine"


def test_the_stack_has_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an output does not show."""
    assert opened(monkeypatch, "dev", None, "dev").stack.parameters == {"Stage": "dev"}


def test_a_stack_of_another_stage_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its listeners would never read what is stored for this stage."""
    with pytest.raises(ConfigurationError, match="belongs to stage prod, not dev: pass --stage prod"):
        opened(monkeypatch, "dev", "mine", "prod")


def test_no_such_stack_is_a_matter_of_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was begun; the region is one of the options that AWS' variables give."""
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    monkeypatch.setattr("scripts.aws.clients.Aws.configured", lambda *_: aws)
    with Stubber(aws.cloudformation) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id alma-webhooks-prod does not exist")
        with pytest.raises(
            ConfigurationError,
            match=r"Stack alma-webhooks-prod not found in us-east-1. Deploy it first, or check --stage, --stack",
        ):
            open_stack_context(address_at("prod", None, None))


def project_of(account: str | None) -> Project:
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "account": account, "stages": {"dev": {}}})
    return Project(Path("/srv/library"), file, "found from the current folder")


def test_the_account_must_be_the_one_that_the_project_expects(aws: Aws) -> None:
    """It is that of the credentials; the sentence names both, and the file."""
    check_account(aws, resolve(StackFlags(), {}, None))
    for account in (None, "123456789012"):
        check_account(aws, resolve(StackFlags(), {}, project_of(account)))
    with pytest.raises(
        ConfigurationError,
        match=r"credentials are of account 123456789012, but /srv/library/alma-webhooks\.yaml expects account "
        r"000000000001, so nothing was changed",
    ):
        check_account(aws, resolve(StackFlags(), {}, project_of("000000000001")))


def test_a_stack_of_another_account_is_not_opened(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is compared before the stack is asked for."""
    monkeypatch.setattr("scripts.aws.clients.Aws.configured", lambda *_: aws)
    monkeypatch.setattr("scripts.aws.stack.describe", lambda *_: pytest.fail("asked for the stack"))
    with pytest.raises(ConfigurationError, match="expects account 000000000001"):
        open_stack_context(resolve(StackFlags(), {}, project_of("000000000001")))


def test_the_clients_are_those_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Region and credentials profile reach the SDK, which does not read AWS_REGION."""
    given = list[object]()
    monkeypatch.setattr("scripts.aws.clients.Aws.configured", lambda *values: given.append(values))
    clients_at(resolve(StackFlags(aws_profile="library"), {"AWS_REGION": "eu-west-1"}, None))
    assert given == [("eu-west-1", "library")]


def test_the_aws_cli_gets_the_address_too(scope: StackContext) -> None:
    """It knows no project: region, profile and endpoint are named."""
    assert scope.aws_options == "--region us-east-1"
    address = resolve(StackFlags(aws_profile="my library"), {"AWS_ENDPOINT_URL": "https://vpce.invalid"}, None)
    assert scope._replace(address=address).aws_options == (
        "--region us-east-1 --profile 'my library' --endpoint-url https://vpce.invalid"
    )


def test_an_output_that_the_stack_lacks_is_named(scope: StackContext) -> None:
    """It is of an older version."""
    assert scope.output("Profiles", "its profiles") == "alma,consortium"
    with pytest.raises(
        ConfigurationError, match=r"alma-webhooks-dev has no output Nowhere, which shows its whereabouts"
    ):
        scope.output("Nowhere", "its whereabouts")


def test_an_emulator_that_does_not_answer_is_said() -> None:
    """Before anything is asked of it."""
    with pytest.raises(ConfigurationError, match="No emulator answers"):
        open_stack_context(address_at("dev", None, "http://127.0.0.1:9"))


def test_an_unknown_profile_is_answered_with_the_known_ones(scope: StackContext) -> None:
    """A secret for a path that does not exist would be useless."""
    assert scope.profile("alma") == "alma"
    with pytest.raises(ConfigurationError, match="no Alma profile 'almma'; it has alma, consortium"):
        scope.profile("almma")


def test_a_stack_without_a_secret_lifetime_is_rejected(scope: StackContext) -> None:
    """Its listeners keep secrets by other rules, and no wait could be trusted."""
    assert scope.secret_lifetime == 300
    old = scope._replace(stack=Stack("alma-webhooks-dev", {"Profiles": "alma"}))
    with pytest.raises(ConfigurationError, match="SecretLifetimeSeconds"):
        _ = old.secret_lifetime


def test_the_listener_url_is_what_alma_is_given(scope: StackContext) -> None:
    """On AWS and on the emulator."""
    assert scope.listener_url("alma") == "https://api.invalid/webhooks/alma"
    stack = Stack("alma-webhooks-dev", {"ApiId": "a1"})
    local = scope._replace(aws=Aws.local("http://127.0.0.1:9", "us-east-1"), stack=stack)
    assert local.listener_url("alma") == "http://127.0.0.1:9/_aws/execute-api/a1/$default/webhooks/alma"


def test_the_facts_name_account_region_stage_and_stack(scope: StackContext) -> None:
    """Account and region come from AWS, not from the options."""
    assert scope.facts() == {
        "account": "123456789012",
        "region": "us-east-1",
        "stage": "dev",
        "stack": "alma-webhooks-dev",
    }


def client_error(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Value 's3cret' at 'value'."}}, operation)


def test_an_endpoint_where_nothing_listens_is_named_before_a_region_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that AWS' clients read names it; with one that listens the region is what is missing."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(FailedError, match=r"^Nothing listens at http://127\.0\.0\.1:9\. "), aws_errors_explained():
        raise NoRegionError
    with serving() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(ConfigurationError, match=r"^You must specify a region"), aws_errors_explained():
            raise NoRegionError


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            client_error("DeleteParameter", "X"),
            FailedError,
            "AWS rejected DeleteParameter: X, Value 's3cret' at 'value'.",
        ),
        (
            client_error("PutParameter", "ValidationException"),
            FailedError,
            "AWS rejected PutParameter: ValidationException.",
        ),
        (
            ParamValidationError(report="Invalid length for parameter Value, value: s3cret"),
            FailedError,
            "No answer from AWS: ParamValidationError.",
        ),
        (
            EndpointConnectionError(endpoint_url="https://ssm.invalid/"),
            FailedError,
            'No answer from AWS: Could not connect to the endpoint URL: "https://ssm.invalid/".',
        ),
        (
            NoRegionError(),
            ConfigurationError,
            "You must specify a region. Pass --region, set AWS_REGION, or add `region` to alma-webhooks.yaml.",
        ),
        (
            ProfileNotFound(profile="library"),
            ConfigurationError,
            "The config profile (library) could not be found. Pass --aws-profile with a profile of your AWS "
            "configuration.",
        ),
        (
            NoCredentialsError(),
            ConfigurationError,
            "Unable to locate credentials. Set the usual AWS environment variables, or pass --aws-profile.",
        ),
    ],
)
def test_f22_an_error_of_aws_is_one_sentence_without_the_secret(
    error: Exception, kind: type[CommandError], sentence: str
) -> None:
    """For an operation that stores a secret only the code is shown: the message can repeat the value."""
    with pytest.raises(kind) as raised, aws_errors_explained():
        raise error
    assert str(raised.value) == sentence
    assert raised.value.__suppress_context__
