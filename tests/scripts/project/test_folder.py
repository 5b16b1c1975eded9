"""Finding and reading the project folder."""

import os
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.project import folder
from scripts.project.folder import FILE, VARIABLE

MINIMAL = "schema: 1\nname: library\nstages:\n  dev: {}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project two folders above the current one; no other lies above it."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    place = tmp_path / "library"
    (place / "a" / "b").mkdir(parents=True)
    (place / FILE).write_text(MINIMAL, "utf-8")
    monkeypatch.chdir(place / "a" / "b")
    return place


def test_the_nearest_folder_upwards_is_found(project: Path) -> None:
    """It is read, and says that it was found."""
    found = folder.needed()
    assert (found.folder, found.file.name, found.source) == (project, "library", "found from the current folder")
    assert found.settings("dev").alma_profiles == ["alma"]


@pytest.mark.usefixtures("project")
def test_the_flag_goes_before_the_environment_and_that_before_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag may name the folder or its file."""
    others = {name: tmp_path / name for name in ("flag", "variable")}
    for name, place in others.items():
        place.mkdir()
        (place / FILE).write_text(MINIMAL.replace("library", name), "utf-8")
    monkeypatch.setenv(VARIABLE, str(others["variable"]))
    assert folder.needed().file.name == "variable"
    assert folder.needed(others["flag"]).file.name == folder.needed(others["flag"] / FILE).file.name == "flag"


@pytest.mark.parametrize("place", ["home", "above home", "above a repository"])
def test_the_search_ends_at_home_and_at_a_repository(
    place: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the home folder, above it, or above a repository's root belongs to something else."""
    (project / "a" / ".git").mkdir()
    if place != "above a repository":
        (project / "a" / ".git").rmdir()
        monkeypatch.setenv("HOME", str(project if place == "home" else project / "a"))
    assert folder.find() is None
    with pytest.raises(ConfigurationError, match=r"No project found: .* alma-webhooks init FOLDER"):
        folder.needed()
    assert folder.found_or_example().is_example


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("problem", [RuntimeError("no home"), FileNotFoundError(), PermissionError()], ids=repr)
def test_a_search_that_cannot_look_finds_nothing(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home, a deleted current folder and an unreadable folder are no reason to end a command."""

    def fail(*_: object) -> Path:
        raise problem

    name = {RuntimeError: "home", FileNotFoundError: "cwd", PermissionError: "is_file"}[type(problem)]
    monkeypatch.setattr(Path, name, fail)
    assert (folder.find() is None) == (name != "home")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
def test_a_found_file_of_another_user_is_rejected(project: Path) -> None:
    """It could send credentials elsewhere; a folder that the user names is taken."""
    os.chown(project / FILE, 12345, 12345)
    with pytest.raises(ConfigurationError, match="another user owns it"):
        folder.find()
    assert folder.needed(project)


def test_a_found_file_that_all_may_write_is_rejected(project: Path) -> None:
    """Anybody on the computer could change it."""
    (project / FILE).chmod(0o666)
    with pytest.raises(ConfigurationError, match="may write to it"):
        folder.find()


@pytest.mark.usefixtures("project")
def test_a_named_folder_needs_the_file(tmp_path: Path) -> None:
    """The error says which folder that is, and how to create a project there."""
    with pytest.raises(ConfigurationError, match=rf"--project names {tmp_path}, .*alma-webhooks init"):
        folder.find(tmp_path)


@pytest.mark.usefixtures("project")
def test_an_unknown_stage_is_an_error() -> None:
    """The error names the stages of the file."""
    with pytest.raises(ConfigurationError, match="has no stage prod; it has dev"):
        folder.needed().settings("prod")


def test_the_shipped_examples_are_valid() -> None:
    """Each folder of examples has a project file."""
    folders = [path for path in folder.EXAMPLE.parent.iterdir() if path.is_dir()]
    assert {path.name: folder.read(path / FILE).format_version for path in folders} == {
        path.name: 1 for path in folders
    }
