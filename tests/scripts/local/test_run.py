"""What `run` rejects before it starts anything."""

import socket
from pathlib import Path

import pytest

from scripts.local.run import pause_after
from scripts.project import new_folder, scaffold
from scripts.project.folder import EXAMPLE
from scripts.project.scaffold import ProjectRequest
from tests.scripts.command import run

USED = f"using {EXAMPLE} (the shipped example, because no project was found)"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "80x"], "'80x' is not a port; pass a whole number from 0 to 65535."),
        (["--parameter", "X"], "--parameter takes NAME=VALUE, not 'X'."),
        (["--parameter", "X=1"], "The template has no parameter X; it has Architecture, "),
        (["--parameter", "MaxReceiveCount=99"], "The parameter MaxReceiveCount must be 50 or less"),
        (["--parameter", "Stage=prod"], "The parameter Stage is set by this command; you can choose Architecture, "),
        (["--parameter", "Profiles=b"], "The parameter Profiles is set by this command; you can choose Architecture, "),
        (["--parameter", "Topics="], "The parameter Topics is set by this command; you can choose Architecture, "),
        (
            ["--alma-profile", "b"],
            f"{EXAMPLE}/alma-webhooks.yaml serves no Alma profile b in the stage dev; ",
        ),
        (["--watch", "--once"], "--watch serves until Ctrl-C, and --once does not serve: pass one of them."),
        (["--routes", "none.yaml"], "none.yaml cannot be read: "),
        (["--endpoint-url", "http://127.0.0.1:9"], "No emulator answers at http://127.0.0.1:9. "),
    ],
)
def test_a_wrong_choice_is_a_wrong_configuration(arguments: list[str], sentence: str) -> None:
    """One sentence on stderr, nothing on stdout."""
    done = run("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    *used, problem = done.stderr.splitlines()
    assert used in ([], [USED])
    assert problem.startswith(f"alma-webhooks: {sentence}")


def test_a_busy_port_is_a_wrong_configuration() -> None:
    """Found out before anything starts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = str(server.getsockname()[1])
        done = run("run", "--port", busy)
    assert done.returncode == 2
    assert done.stderr == f"{USED}\nalma-webhooks: Port {busy} is in use; choose another, or 0 for any that is free.\n"


@pytest.mark.parametrize(
    ("topics", "sentence"),
    [
        (None, "notifications.yaml does not exist. Create it with the topics of this project."),
        ("channels: {a: {b: {}}}", "notifications.yaml has 1 mistake, so nothing was changed."),
    ],
)
def test_notifications_need_valid_topics(topics: str | None, sentence: str, tmp_path: Path) -> None:
    """They are read before anything starts."""
    folder = tmp_path / "library"
    new_folder.write(folder, scaffold.files(ProjectRequest("library")))
    settings = folder / "alma-webhooks.yaml"
    settings.write_text(settings.read_text("utf-8").replace("  dev:\n", "  dev:\n    notifications: true\n"), "utf-8")
    if topics:
        (folder / "notifications.yaml").write_text(topics, "utf-8")
    done = run("run", "--project", str(folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.rstrip().endswith(sentence)


def test_a_slow_look_at_the_log_is_followed_by_a_long_pause() -> None:
    """The emulator works a tenth of its time for it at most; but after ten seconds there is a look anyway."""
    assert [pause_after(seconds) for seconds in (0.01, 0.2, 0.6, 3_600.0)] == [0.5, 1.8, 0.6 * 9, 10.0]
