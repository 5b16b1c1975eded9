"""Test that `secret delete` needs an unserved profile and its name, and that it is audited."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from scripts.secret.service import SecretService
from tests.scripts.dead_letters.queues import audited
from tests.scripts.deploy.stacks import described

Command = Callable[..., Result]
NAMES = ["/alma-webhooks/dev/gone/previous-secret", "/alma-webhooks/dev/gone/secret"]


class Pages(NamedTuple):
    """The stacks that DescribeStacks returns without a name."""

    stacks: list[Any]

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Stacks": [one]} for one in self.stacks]


def beside(name: str, stage: str) -> dict[str, Any]:
    """A stack that serves alma and gone."""
    found: dict[str, Any] = described("UPDATE_COMPLETE", {"Profiles": "alma,gone"}, Stage=stage)["Stacks"][0]
    return found | {"StackName": name}


@pytest.fixture
def stacks() -> list[Any]:
    """The stacks of the account and region: one of another stage, and one without outputs."""
    return [beside("alma-webhooks-prod", "prod"), described("ROLLBACK_COMPLETE", Stage="dev")["Stacks"][0]]


@pytest.fixture
def scope_of_all(
    dead_letters: DeadLetterStore, stacks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[StackContext]:
    """A stack that serves alma and consortium; the profile gone has both secrets."""
    scope = dead_letters.scope
    for name in (*NAMES, "/alma-webhooks/dev/alma/secret", "/alma-webhooks/prod/gone/secret"):
        scope.aws.ssm.put_parameter(Name=name, Value="invented-secret-4711", Type="SecureString")
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.aws.stack.read", lambda *_: scope.stack)
    with monkeypatch.context() as patched:
        patched.setattr(scope.aws.cloudformation, "get_paginator", lambda _operation: Pages(stacks))
        yield scope


@pytest.fixture
def delete(scope_of_all: StackContext) -> Command:
    def command(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["secret", "delete", *arguments])

    assert scope_of_all
    return command


def left(scope: StackContext) -> list[str]:
    return sorted(parameter["Name"] for parameter in scope.aws.ssm.describe_parameters()["Parameters"])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_f56_both_secrets_of_a_retired_profile_are_deleted(delete: Command, scope_of_all: StackContext) -> None:
    """Other secrets stay; the output has the next step, and the audit log the deletion and the caller."""
    result = delete("gone", "--confirm-name", "gone")
    assert result.exit_code == 0, result.output
    assert left(scope_of_all) == ["/alma-webhooks/dev/alma/secret", "/alma-webhooks/prod/gone/secret"]
    assert "then /webhooks/gone answers 404" in result.stdout
    assert "invented-secret" not in result.output
    lines = audited(scope_of_all.aws)
    assert [line["message"] for line in lines] == ["began", "deleted", "deleted", "ended"]
    assert [line.get("parameter") for line in lines[1:3]] == NAMES
    assert {line["command"] for line in lines} == {"secret-delete"}


def test_f56_a_profile_that_is_served_keeps_its_secret(delete: Command, scope_of_all: StackContext) -> None:
    """The exit code is 3, and the error has the command that removes the profile."""
    before = left(scope_of_all)
    sentence = ended(delete("alma", "--confirm-name", "alma"), RejectedError)
    assert (
        "alma_profiles in alma-webhooks.yaml first, then alma-webhooks deploy --allow-removal alma --stage dev"
        in sentence
    )
    assert left(scope_of_all) == before


def test_f56_the_heartbeats_secret_is_not_deleted(delete: Command, scope_of_all: StackContext) -> None:
    """The exit code is 2, and no command is printed, because the profile cannot be removed."""
    before = left(scope_of_all)
    sentence = ended(delete("heartbeat", "--confirm-name", "heartbeat"), ConfigurationError)
    assert sentence.startswith("The profile heartbeat is built in and always served")
    assert left(scope_of_all) == before


def test_f74_the_deployment_that_ends_a_profile_is_printed(delete: Command) -> None:
    """It selects the same stack."""
    assert "next     alma-webhooks deploy --stage dev;" in delete("gone", "--confirm-name", "gone").stdout


def test_f56_a_profile_that_another_stack_of_the_stage_serves_keeps_its_secret(
    delete: Command, scope_of_all: StackContext, stacks: list[Any]
) -> None:
    """All stacks of a stage share the secrets; stacks of other stages do not count."""
    stacks.clear()
    stacks += [beside("alma-webhooks-prod", "prod"), beside("second", "dev")]
    before = left(scope_of_all)
    sentence = ended(delete("gone", "--confirm-name", "gone"), RejectedError)
    assert sentence.startswith("The stack second of the same stage serves the Alma profile gone")
    assert left(scope_of_all) == before


def test_a_caller_who_may_not_list_stacks_gets_a_note(
    delete: Command, scope_of_all: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion continues, because the name was typed."""

    def denied(_operation: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")

    with monkeypatch.context() as patched:
        patched.setattr(scope_of_all.aws.cloudformation, "get_paginator", denied)
        result = delete("gone", "--confirm-name", "gone")
    assert result.exit_code == 0, result.output
    assert "note: listing stacks is denied by AWS; another stack of the stage dev may serve it" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (("gone",), ConfigurationError, "pass --confirm-name gone to confirm"),
        (("gone", "--confirm-name", "alma"), RejectedError, "The name typed is not gone"),
        (("never", "--confirm-name", "never"), ConfigurationError, "never has no secret in the stage dev"),
        (("a/b", "--confirm-name", "a/b"), ConfigurationError, "'a/b' is not the name of an Alma profile"),
    ],
)
def test_f56_nothing_is_deleted_without_the_name_or_a_secret(
    arguments: tuple[str, ...], kind: type[CommandError], sentence: str, delete: Command, scope_of_all: StackContext
) -> None:
    """There is no terminal, so the name must be passed."""
    before = left(scope_of_all)
    assert sentence in ended(delete(*arguments), kind)
    assert left(scope_of_all) == before


def test_f56_a_profile_that_was_deployed_since_the_question_keeps_its_secret(
    scope_of_all: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack is read again before the deletion."""
    outputs = scope_of_all.stack.outputs | {"Profiles": "alma,gone"}
    monkeypatch.setattr("scripts.aws.stack.read", lambda *_: Stack(scope_of_all.stack.name, outputs))
    with pytest.raises(RejectedError, match="serves the Alma profile gone"):
        SecretService(scope_of_all).delete("gone")
    assert set(NAMES) < set(left(scope_of_all))
