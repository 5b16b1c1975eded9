"""Test the output and exit codes of the secret commands, and that no secret is shown unless requested.

In this process, over AWS in process; tests/end_to_end/test_rotation.py runs them as an operator does.
"""

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError, StoppedError
from scripts.main import app
from scripts.secret import rotation
from scripts.secret.store import SecretStore
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def asleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Advance the clock of SSM instead of sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(rotation.Rotation.__init__, "__defaults__", (slept.append,))

    def later(store: SecretStore, profile: str, read: Any = SecretStore.read) -> Any:
        pair = read(store, profile)
        return pair._replace(read_at=datetime.fromtimestamp(pair.read_at.timestamp() + sum(slept), UTC))

    monkeypatch.setattr(SecretStore, "read", later)
    return slept


@pytest.fixture
def secret(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks secret …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)

    def command(*arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(app, ["secret", *arguments], input=given)

    return command


def stored(scope: StackContext, profile: str = "alma") -> dict[str, str]:
    names = [f"/alma-webhooks/dev/{profile}/{name}" for name in ("secret", "previous-secret")]
    found = scope.aws.ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    return {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in found}


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    assert result.stdout == ""
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    [data] = json.loads(result.stdout)["profiles"]
    return dict(data)


def test_create_makes_a_secret_and_says_how_to_see_it(secret: Command, scope: StackContext) -> None:
    """It is long, random, encrypted and not shown; the stack is printed first."""
    result = secret("create", "alma")
    [value] = stored(scope).values()
    assert len(value) == 43
    assert value not in result.output
    assert "secret    not shown: alma-webhooks secret status alma --stage dev --show-secret\n" in result.stdout
    assert "https://api.invalid/webhooks/alma" in result.stdout
    assert result.stderr == SCOPE_LINE
    assert secret("create", "consortium").exit_code == 0
    assert stored(scope, "consortium")["secret"] != value


def test_create_takes_a_secret_from_standard_input(secret: Command, scope: StackContext) -> None:
    """The command line is never used."""
    result = secret("create", "alma", "--from-stdin", given=" already-in-alma-and-long-enough\n")
    assert result.exit_code == 0
    assert stored(scope) == {"secret": "already-in-alma-and-long-enough"}
    assert "already-in-alma-and-long-enough" not in result.output
    assert secret("create", "alma", "already-in-alma-and-long-enough").exit_code == 2


LONG = "invented-secret-of-another-profile"


def put(scope: StackContext, place: str, value: str) -> None:
    scope.aws.ssm.put_parameter(Name=f"/alma-webhooks/{place}", Value=value, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize("place", ["dev/consortium/secret", "dev/gone/previous-secret", "prod/alma/secret"])
def test_f60_the_secret_of_another_profile_or_stage_is_rejected(
    place: str, secret: Command, scope: StackContext
) -> None:
    """The exit code is 3, the other profile is named, nothing is stored, and the secret is not shown."""
    put(scope, place, f"{LONG}\n")
    result = secret("create", "alma", "--from-stdin", given=LONG)
    assert place.rpartition("/")[0] in ended(result, RejectedError)
    assert stored(scope) == {}
    assert LONG not in f"{result.output} {result.exception}"


def test_f60_secrets_without_access_are_reported_as_not_compared(
    secret: Command, scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command continues, and readable secrets are compared."""
    put(scope, "prod/alma/secret", LONG)
    put(scope, "stg/alma/secret", "another-invented-secret-4711")
    get = scope.aws.ssm.get_parameters

    def guarded(**asked: Any) -> Any:
        if any("/prod/" in name for name in asked["Names"]):
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetParameters")
        return get(**asked)

    with monkeypatch.context() as patched:
        patched.setattr(scope.aws.ssm, "get_parameters", guarded)
        result = secret("create", "alma", "--from-stdin", given=LONG)
    assert (result.exit_code, stored(scope)) == (0, {"secret": LONG})
    assert "note: not compared with the secrets of prod/alma: access denied by AWS\n" in result.stderr


def test_f60_without_the_right_to_list_nothing_is_compared(
    secret: Command, scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output says so."""
    with monkeypatch.context() as patched:
        patched.setattr(scope.aws.ssm, "get_paginator", _not_allowed)
        result = secret("create", "alma", "--from-stdin", given=LONG)
    assert (result.exit_code, stored(scope)) == (0, {"secret": LONG})
    assert "note: not compared with the secrets of any other Alma profile or stage" in result.stderr


def _not_allowed(_operation: str) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeParameters")


def test_f60_an_existing_short_secret_is_a_warning(secret: Command, scope: StackContext) -> None:
    """It applies to both secrets, in text and JSON, without the secret or its length."""
    put(scope, "dev/alma/secret", "invented-4711")
    put(scope, "dev/alma/previous-secret", LONG)
    result = secret("status", "alma")
    assert "warning   the current secret has fewer than 24 bytes" in result.stdout
    assert "invented-4711" not in result.output
    assert "the previous secret has less" not in result.output
    assert data_of(secret("status", "alma", "--output", "json"))["short"] == ["current"]


def test_create_does_not_replace_a_secret(secret: Command, scope: StackContext) -> None:
    """The exit code is 3, and the stored secret stays."""
    secret("create", "alma")
    before = stored(scope)
    assert "use secret rotate to replace it" in ended(secret("create", "alma"), RejectedError)
    assert stored(scope) == before


def test_rotate_asks_to_enter_the_secret_only_after_the_wait(
    secret: Command, scope: StackContext, asleep: list[float]
) -> None:
    """It waits 310 s for a lifetime of 300, and then says how to show the secret."""
    secret("create", "alma")
    [old] = stored(scope).values()
    result = secret("rotate", "alma")
    assert sum(asleep) >= 309
    assert "s until every running listener knows both secrets\n" in result.stderr
    assert "next      enter the new secret in Alma" in result.stdout
    assert "secret    not shown: " in result.stdout
    new = stored(scope)["secret"]
    assert stored(scope) == {"secret": new, "previous-secret": old}
    assert new != old
    assert "finish the rotation with secret retire" in ended(secret("rotate", "alma"), RejectedError)


def test_a_rotation_can_be_continued_after_ctrl_c(
    secret: Command, scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 130, and the status says not to enter the new secret yet."""
    secret("create", "alma")

    def interrupted(_seconds: float) -> None:
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(rotation.Rotation.__init__, "__defaults__", (interrupted,))
        sentence = ended(secret("rotate", "alma"), StoppedError)
    assert "do not enter the new secret in Alma yet" in sentence
    assert sentence.endswith("run again: alma-webhooks secret rotate alma --stage dev")
    before = stored(scope)
    waiting = data_of(secret("status", "alma", "--output", "json"))
    assert (waiting["state"], waiting["next"][:28]) == ("waiting", "do NOT enter it in Alma yet;")
    assert data_of(secret("rotate", "alma", "--output", "json"))["state"] == "both"
    assert stored(scope) == before


def test_retire_is_rejected_with_reasons_and_force_warns(secret: Command, scope: StackContext) -> None:
    """No event was accepted yet; --force removes the previous secret nevertheless."""
    secret("create", "alma")
    secret("rotate", "alma")
    sentence = ended(secret("retire", "alma"), RejectedError)
    assert "no event used the current one since" in sentence
    assert "must be unused until" in sentence
    assert "10 hours" in secret("retire", "alma", "--unused-for", "9h").stderr
    result = secret("retire", "alma", "--force")
    assert "events signed with it will be lost" in result.stderr
    assert (result.exit_code, list(stored(scope))) == (0, ["secret"])
    again = secret("retire", "alma")
    assert (again.exit_code, "The profile alma has no previous secret: nothing to retire." in again.stderr) == (0, True)


def test_retire_takes_a_time_that_the_log_covers(secret: Command) -> None:
    """The exit code is 2, before AWS is called."""
    assert "--unused-for" in ended(secret("retire", "alma", "--unused-for", "30d"), ConfigurationError)


def test_status_shows_all_profiles_and_their_usage(secret: Command) -> None:
    """One of the two profiles has no secret, and the other was not used."""
    secret("create", "alma")
    result = secret("status", "all")
    assert result.exit_code == 0
    first, second = result.stdout.split("\n\n")
    assert first.startswith("profile   alma: one secret, no rotation in progress\ncurrent   since 20")
    assert ", no use seen\n" in first
    assert second == (
        "profile   consortium: no usable secret\nnext      alma-webhooks secret create consortium --stage dev\n"
    )
    one, other = json.loads(secret("status", "all", "--output", "json").stdout)["profiles"]
    assert (one["profile"], one["current"]["last_used"], one["previous"]) == ("alma", None, None)
    assert (other["profile"], other["state"], other["current"]) == ("consortium", "none", None)


def test_status_continues_without_the_log(
    secret: Command, scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last use is shown as unknown."""
    secret("create", "alma")
    with monkeypatch.context() as patched:
        patched.setattr(scope.aws.logs, "get_paginator", _no_log)
        result = secret("status", "alma")
        data = data_of(secret("status", "alma", "--output", "json"))
    assert ", last use unknown: AccessDenied, no right to read\n" in result.stdout
    assert data["uses_unknown"] == "AccessDenied, no right to read"


def _no_log(_operation: str) -> Any:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no right to read"}}, "FilterLogEvents")


@pytest.mark.parametrize("command", ["create", "rotate", "retire", "status"])
def test_an_unknown_profile_changes_nothing(command: str, secret: Command, scope: StackContext) -> None:
    """The exit code is 2, and the error lists the known profiles."""
    sentence = ended(secret(command, "almma"), ConfigurationError)
    assert sentence == "Stack alma-webhooks-dev has no Alma profile 'almma'; it has alma, consortium."
    assert scope.aws.ssm.describe_parameters()["Parameters"] == []


def test_f22_a_secret_is_shown_only_when_asked_for(secret: Command, scope: StackContext) -> None:
    """This holds for each command and state, in text, JSON, output and errors."""
    shown = [secret("create", "alma", "--show-secret"), secret("create", "consortium", "--output", "json")]
    hidden = [shown.pop(), secret("rotate", "consortium"), secret("rotate", "consortium")]
    shown.append(secret("rotate", "alma", "--show-secret", "--output", "json"))
    shown.append(secret("status", "all", "--show-secret"))
    for output in ("text", "json"):
        hidden.append(secret("status", "all", "--output", output))
        hidden.append(secret("create", "alma", "--output", output))
        hidden.append(secret("retire", "alma", "--output", output))
    kept = stored(scope)
    values = [*kept.values(), *stored(scope, "consortium").values()]
    hidden += [secret("retire", name, "--force", "--output", "json") for name in ("alma", "consortium")]
    for result in hidden:
        said = f"{result.output} {result.exception!r} {result.exc_info}"
        assert not [value for value in values if value in said]
    assert len(values) == 4
    assert kept["previous-secret"] in shown[0].stdout
    assert json.loads(shown[1].stdout)["profiles"][0]["secret"] == kept["secret"]
    assert f"secret    {kept['secret']}\nprevious  {kept['previous-secret']}\n" in shown[2].stdout


def test_f22_errors_of_ssm_are_shown_without_the_secret(
    secret: Command, scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of SSM can contain the value."""
    with monkeypatch.context() as patched:
        patched.setattr(scope.aws.ssm, "put_parameter", _rejecting_put)
        result = secret("create", "alma", "--from-stdin", given="already-in-alma-and-long-enough\n")
    assert ended(result, FailedError) == "AWS rejected PutParameter: ValidationException."
    assert "already-in-alma-and-long-enough" not in result.output


def _rejecting_put(**parameter: Any) -> None:
    message = f"Value '{parameter['Value']}' at 'value' failed to satisfy constraint"
    raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "PutParameter")


@pytest.mark.usefixtures("asleep")
def test_f66_the_heartbeats_secret_is_never_to_be_entered_in_alma(secret: Command, scope: StackContext) -> None:
    """Otherwise Alma's events would be delivered twice."""
    stack = scope.stack._replace(outputs=scope.stack.outputs | {"Profiles": "alma,heartbeat"})
    patched = scope._replace(stack=stack)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: patched)
        nexts = [data_of(secret("create", "heartbeat", "--output=json"))["next"]]
        nexts += [data_of(secret("rotate", "heartbeat", "--output=json"))["next"]]
        nexts += [data_of(secret("status", "heartbeat", "--output=json"))["next"]]
        alma = data_of(secret("create", "alma", "--output=json"))["next"]
    assert "Integration Profiles" in alma
    assert all(text.startswith("do not enter it in Alma: only the heartbeat of the stack uses") for text in nexts)
    assert "alma-webhooks secret retire heartbeat" in nexts[1]
