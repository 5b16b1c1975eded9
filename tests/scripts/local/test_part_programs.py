"""The local programs of further parts: they are ready before samples are sent, and end with the run."""

import os
from pathlib import Path

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.local.part_programs import PartProgram, part_programs, programs_of
from tests.further_part import PART
from tests.scripts.deploy.projects import project_in

WAITS = """
import os, signal, sys
open("pid", "w").write(str(os.getpid()))
print("at", os.environ["ALMA_WEBHOOKS_PART_STACK"])
print("ready", flush=True)
signal.pause()
"""


def program(folder: Path, text: str) -> PartProgram:
    """Return a program with this text."""
    (folder / "local.py").write_text(text, "utf-8")
    return PartProgram("shelf", folder / "local.py", folder, {"ALMA_WEBHOOKS_PART_STACK": "dev-shelf"})


def is_running(folder: Path) -> bool:
    """Return whether the program of the folder runs."""
    try:
        os.kill(int((folder / "pid").read_text("utf-8")), 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_is_ready_shown_and_ended(tmp_path: Path) -> None:
    """Its lines are shown once, without the word by which it is ready."""
    with part_programs([program(tmp_path, WAITS)]) as running:
        assert is_running(tmp_path)
        assert list(running.fresh()) == ["shelf: at dev-shelf"]
        assert list(running.fresh()) == []
    assert not is_running(tmp_path)


def test_a_program_is_started_again(tmp_path: Path) -> None:
    """The older process ends first."""
    each = program(tmp_path, WAITS)
    with part_programs([each]) as running:
        before = (tmp_path / "pid").read_text("utf-8")
        running.restart([each])
        assert (tmp_path / "pid").read_text("utf-8") != before
        assert list(running.fresh()) == ["shelf: at dev-shelf"]


def test_a_program_that_ends_before_it_is_ready_fails_the_run(tmp_path: Path) -> None:
    """The error has the last lines that it printed."""
    with (
        pytest.raises(
            FailedError, match=r"of the part shelf exited with 3 and did not print the line ready.\n  no port"
        ),
        part_programs([program(tmp_path, "print('no port')\nraise SystemExit(3)\n")]),
    ):
        pass


def test_programs_know_the_stacks_of_their_part(tmp_path: Path) -> None:
    """Only parts with a local program have one."""
    project = project_in(tmp_path, parts={"shelf": PART | {"local": "local.py"}, "bare": {"template": "a.yaml"}})
    assert programs_of(project, "pipe", "dev") == [
        PartProgram(
            "shelf",
            tmp_path / "local.py",
            tmp_path,
            {"ALMA_WEBHOOKS_STACK": "pipe", "ALMA_WEBHOOKS_STAGE": "dev", "ALMA_WEBHOOKS_PART_STACK": "pipe-shelf"},
        )
    ]
