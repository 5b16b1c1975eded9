"""Every command that takes --stack: on a stack that is not the product's pipeline it exits 3 and changes nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from scripts import cli
from scripts.deploy import package
from scripts.deploy.aws import Aws
from tests.samples import body_of
from tests.scripts.deploy.stacks import described, mark_of

RECEIPT = "0123456789abcdef0123456789abcdef"
FOREIGN = "other-teams-app"
OBSERVABILITY = "mine-observability"
SENTENCES = {
    FOREIGN: f"alma-webhooks: Stack {FOREIGN} does not carry the mark of alma-webhooks. Nothing was changed.",
    OBSERVABILITY: f"alma-webhooks: Stack {OBSERVABILITY} is the observability stack of alma-webhooks. Nothing was "
    "changed. Name its pipeline stack: --stack mine.",
}

STACKS = {FOREIGN: {"Profiles": "alma", "Mark": ""}, OBSERVABILITY: {"Mark": mark_of("observability")}}

# What a command needs to get as far as the stack. FILE is an existing file, NEW one that does not exist.
NEEDED = {
    ("balance",): ["--since=1h"],
    ("deploy",): ["--yes"],
    ("destroy",): ["--yes"],
    ("secret", "create"): ["alma"],
    ("secret", "rotate"): ["alma"],
    ("secret", "retire"): ["alma"],
    ("secret", "show-state"): ["all"],
    ("dead-letters", "show"): [RECEIPT],
    ("dead-letters", "explain"): [RECEIPT],
    ("dead-letters", "logs"): [RECEIPT],
    ("dead-letters", "replay"): ["--all", "--yes"],
    ("dead-letters", "edit"): [RECEIPT, "--with=FILE", "--yes"],
    ("dead-letters", "discard"): ["--all"],
    ("dead-letters", "export"): ["NEW", "--all"],
    ("dead-letters", "import"): ["FILE", "--yes"],
    ("executions", "redrive"): ["--all", "--yes"],
}
READS = {"DescribeStacks", "GetCallerIdentity"}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All commands of the CLI, with their names."""
    if found := getattr(command, "commands", None):
        for name, each in found.items():
            yield from commands(each, (*path, name))
    else:
        yield path, command


WITH_STACK = {
    path: command
    for path, command in commands(typer.main.get_command(cli.app))
    if any("--stack" in parameter.opts for parameter in command.params)
}


def answered(params: dict[str, Any], model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
    """CloudFormation's answer on the two stacks that there are; any other call fails the test."""
    name = params["body"]["StackName"]
    assert model.name == "DescribeStacks", model.name
    if name not in STACKS:
        error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error, "ResponseMetadata": {}}
    answer = described("CREATE_COMPLETE", STACKS[name], Stage="dev")
    answer["Stacks"][0]["StackName"] = name
    return AWSResponse("", 200, HTTPHeaders(), None), {**answer, "ResponseMetadata": {"HTTPHeaders": {}}}


@pytest.fixture
def site(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An account with another team's stack and an observability stack of the product."""
    aws.session.events.register("before-call.cloudformation", answered)  # type: ignore[arg-type] # botocore takes what it returns for an answer
    monkeypatch.setattr(Aws, "configured", lambda *_, **__: aws)
    monkeypatch.setattr(package, "build", lambda *_, **__: pytest.fail("nothing is built for a foreign stack"))
    return aws


@pytest.mark.parametrize("stack", SENTENCES)
@pytest.mark.parametrize("path", WITH_STACK, ids=" ".join)
def test_f55_a_command_rejects_a_stack_that_is_not_a_pipeline_of_the_product(
    path: tuple[str, ...],
    stack: str,
    site: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 3 with the stack's name and what it is; nothing but the stack itself was asked for."""
    file = tmp_path / "body.json"
    file.write_bytes(body_of("loan-created"))
    called = list[str]()
    site.session.events.register("provide-client-params", lambda model, **_: called.append(model.name))
    monkeypatch.chdir(tmp_path)
    words = [*path, *(word.replace("FILE", str(file)) for word in NEEDED.get(path, []))]
    monkeypatch.setattr(sys, "argv", ["alma-webhooks", *words, "--stage=dev", f"--stack={stack}"])
    with pytest.raises(SystemExit) as ending:
        cli.main()
    err = capsys.readouterr().err
    assert (ending.value.code, SENTENCES[stack] in err) == (3, True), err
    assert set(called) <= READS
    assert sorted(tmp_path.iterdir()) == [file], "a rejected command leaves no file"


def test_f55_the_walk_finds_the_commands() -> None:
    """It would hold nothing if it found none, and each entry of NEEDED is of a command that there is."""
    assert len(WITH_STACK) >= 17
    assert set(NEEDED) <= set(WITH_STACK)
