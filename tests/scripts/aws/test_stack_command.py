"""What a command on a stack prints before it begins, and after Ctrl-C."""

from pathlib import Path

import pytest

from scripts.aws.context import StackContext
from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, StoppedError
from scripts.cli.options import StackFlags, StageName
from tests.scripts.scope_line import SCOPE_LINE


@pytest.fixture(autouse=True)
def _opened(scope: StackContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "library").mkdir()
    monkeypatch.chdir(tmp_path / "library")


def test_the_address_is_printed_before_the_command_begins(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, so that standard output has the result alone."""
    with stack_command(StackFlags(), "Interrupted."):
        assert capsys.readouterr() == ("", SCOPE_LINE)


def test_a_found_folder_that_sets_credentials_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its AWS profile is in the line, with the folder and how it was found."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    written = "schema: 1\nname: library\nstages:\n  prod: {aws_profile: others, region: eu-west-1}\n"
    Path("alma-webhooks.yaml").write_text(written, "utf-8")
    with stack_command(StackFlags(stage=StageName.prod), "Interrupted."):
        shown = capsys.readouterr().err
    assert "AWS profile others (from alma-webhooks.yaml)" in shown
    assert shown.endswith(f"project {Path.cwd()} (found from the current folder)\n")


def test_a_project_with_a_mistake_stops_the_command() -> None:
    """Its defaults are not known, and the AWS ones could be those of another stack."""
    Path("alma-webhooks.yaml").write_text("schema: 1\n", "utf-8")
    with (
        pytest.raises(ConfigurationError, match=r"alma-webhooks\.yaml has 2 mistakes"),
        stack_command(StackFlags(), "Interrupted."),
    ):
        pytest.fail("the command began")


@pytest.mark.parametrize("is_function", [False, True])
def test_the_sentence_after_ctrl_c_names_the_same_stack(is_function: bool) -> None:
    """Text gets the flags; a function has its own sentence, in which braces stay."""
    sentence = "Interrupted; run: alma-webhooks doctor {options}"
    flags = StackFlags(stage=StageName.prod, aws_profile="library")
    expected = sentence if is_function else "Interrupted; run: alma-webhooks doctor --stage prod --aws-profile library"
    with pytest.raises(StoppedError) as raised, stack_command(flags, (lambda: sentence) if is_function else sentence):
        raise KeyboardInterrupt
    assert str(raised.value) == expected
