"""Test that shells complete commands, flags and values from files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.dead_letters.filters import cause_classes
from scripts.routes import completion
from tests.infra.complete_example import TOPICS

pytestmark = pytest.mark.full  # starts three shells

BASH = shutil.which("bash")


TOOL = Path(sys.executable).with_name("alma-webhooks")


def completed(shell: str, line: str) -> str:
    """Return the completions of the last word of this line."""
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_TYPER_COMPLETE_ARGS": line}
    shells = {"_ALMA_WEBHOOKS_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    environment = {"PATH": os.environ["PATH"], **asked, **shells}
    return subprocess.run([TOOL], env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603 - the installed command


@pytest.mark.skipif(BASH is None, reason="no bash here")
def test_bash_completes_a_command_by_the_script_that_is_installed(tmp_path: Path) -> None:
    """The script is installed where bash reads it, and a new bash completes with it."""
    (tmp_path / ".bashrc").touch()
    path = f"{TOOL.parent}{os.pathsep}{os.environ['PATH']}"

    def bash(script: str) -> str:
        return subprocess.run(  # noqa: S603 - bash on the script below
            [str(BASH), "--norc", "-c", script],
            env={
                "PATH": path,
                "HOME": str(tmp_path),
                "SHELL": str(BASH),
                "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    bash("alma-webhooks --install-completion bash")
    ask = (
        'COMP_WORDS=(alma-webhooks exec); COMP_CWORD=1; _alma_webhooks_completion alma-webhooks; echo "${COMPREPLY[@]}"'
    )
    assert bash(f"source ~/.bashrc; {ask}") == "executions\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_completes_names_and_values(shell: str) -> None:
    """Groups, commands, flags and values from files are completed."""
    assert "executions" in completed(shell, "alma-webhooks exec")
    assert "redrive" in completed(shell, "alma-webhooks executions re")
    assert "--state-machine" in completed(shell, "alma-webhooks executions list --state-m")
    assert "prod" in completed(shell, "alma-webhooks executions list --stage p")
    assert "timdex" in completed(shell, "alma-webhooks executions list --state-machine t")


def test_the_flags_of_dead_letters_are_completed() -> None:
    """Causes, routes and targets are printed one on a line."""
    command = "alma-webhooks dead-letters list"
    assert completed("bash", f"{command} --cause t").split() == ["template", "too-large", "too-old", "transient"]
    assert completed("bash", f"{command} --route pod").split() == ["pod"]
    assert completed("bash", f"{command} --target loan-cr").split() == ["loan-created"]


def context(**params: Any) -> Any:
    return SimpleNamespace(params=params)


def test_values_are_filtered_by_prefix(tmp_path: Path) -> None:
    """They come from the routes file on the line, else from the shipped one."""
    routes = "stages: {}\nroutes:\n  - name: mine\n    when: {action: [LOAN]}\n    deliver: [{topic: x}]\n"
    (tmp_path / "routes.yaml").write_text(routes, "utf-8")
    assert completion.route_names(context(routes=tmp_path / "routes.yaml"), "m") == ["mine"]
    assert completion.route_names(context(routes=tmp_path / "routes.yaml"), "x") == []
    assert completion.state_machine_names(context(), "") == ["bursar", "pod", "timdex"]
    assert set(completion.targets(context(), "")) == {"bursar", "pod", "timdex", "heartbeat", *TOPICS}
    assert cause_classes("cr") == ["crashed"]


def test_unreadable_files_complete_nothing(tmp_path: Path) -> None:
    """There is no traceback while typing; the command reports the problem."""
    (tmp_path / "bad.yaml").write_text("routes: [", "utf-8")
    for file in ("none.yaml", "bad.yaml"):
        for complete in (completion.route_names, completion.targets, completion.state_machine_names):
            assert complete(context(routes=tmp_path / file), "") == []
