"""Every command that takes --stack: on a stack that is not the product's pipeline it exits 3 and changes nothing."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from scripts import main
from scripts.aws.clients import Aws
from scripts.deploy import package
from tests.samples import body_of
from tests.scripts.cli_commands import WITH_STACK, words_of
from tests.scripts.deploy.projects import project_in
from tests.scripts.deploy.stacks import described, mark_of

FOREIGN = "other-teams-app"
OBSERVABILITY = "mine-observability"
SENTENCES = {
    FOREIGN: f"alma-webhooks: Stack {FOREIGN} does not carry the mark of alma-webhooks. Nothing was changed.",
    OBSERVABILITY: f"alma-webhooks: Stack {OBSERVABILITY} is the observability stack of alma-webhooks. Nothing was "
    "changed. Name its pipeline stack: --stack mine.",
}

STACKS = {FOREIGN: {"Profiles": "alma", "Mark": ""}, OBSERVABILITY: {"Mark": mark_of("observability")}}

READS = {"DescribeStacks", "GetCallerIdentity"}

FILE = "body.json"


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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a project, with a file for the commands that need one."""
    (tmp_path / FILE).write_bytes(body_of("loan-created"))
    project_in(tmp_path)
    (tmp_path / "notifications.yaml").write_text("channels: {}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exit_code_of(path: tuple[str, ...], folder: Path, stack: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on this stack as the program does."""
    words = words_of(path, folder / FILE)
    monkeypatch.setattr(sys, "argv", ["alma-webhooks", *words, "--stage=dev", f"--stack={stack}"])
    with pytest.raises(SystemExit) as ending:
        main.main()
    return ending.value.code


@pytest.mark.parametrize("stack", SENTENCES)
@pytest.mark.parametrize("path", WITH_STACK, ids=" ".join)
def test_f55_a_command_rejects_a_stack_that_is_not_a_pipeline_of_the_product(
    path: tuple[str, ...],
    stack: str,
    site: Aws,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 3 with the stack's name and what it is; nothing but the stack itself was asked for."""
    called = list[str]()
    site.session.events.register("provide-client-params", lambda model, **_: called.append(model.name))
    before = sorted(folder.iterdir())
    code = exit_code_of(path, folder, stack, monkeypatch)
    err = capsys.readouterr().err
    assert (code, SENTENCES[stack] in err) == (3, True), err
    assert set(called) <= READS
    assert sorted(folder.iterdir()) == before, "a rejected command leaves no file"


def test_f55_the_walk_finds_the_commands() -> None:
    """It would hold nothing if it found none."""
    assert len(WITH_STACK) >= 17


@pytest.mark.parametrize("path", WITH_STACK, ids=" ".join)
def test_ctrl_c_exits_130_in_every_command(
    path: tuple[str, ...],
    site: Aws,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command may have its own sentence."""
    site.cloudformation.meta.events.register_first(
        "before-call.cloudformation", lambda **_: signal.raise_signal(signal.SIGINT)
    )
    assert exit_code_of(path, folder, "mine", monkeypatch) == 130, capsys.readouterr().err
