"""Chromium is found, installed if it is missing, or its absence is explained."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.chromium import VARIABLE, find, install


def program(folder: Path, *names: str) -> dict[str, str]:
    """Return an environment whose PATH has only programs with these names."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch(0o755)
    return {"PATH": str(folder)}


class Apt:
    """Records the commands, and installs Chromium with the one of this number."""

    def __init__(self, folder: Path, installs_at: int) -> None:
        self.commands: list[Sequence[str]] = []
        self._folder = folder
        self._installs_at = installs_at

    def __call__(self, command: Sequence[str]) -> int:
        self.commands.append(command)
        if len(self.commands) == self._installs_at:
            program(self._folder, "chromium")
        return 0 if len(self.commands) >= self._installs_at else 100


def test_the_variable_wins_over_the_path(tmp_path: Path) -> None:
    """The program that the variable names is used, and none if it does not exist."""
    environment = program(tmp_path, "chromium", "mine")
    assert find(environment) == str(tmp_path / "chromium")
    assert find({**environment, VARIABLE: str(tmp_path / "mine")}) == str(tmp_path / "mine")
    assert find({**environment, VARIABLE: str(tmp_path / "other")}) is None


def test_an_installed_browser_is_left_alone(tmp_path: Path) -> None:
    """Nothing is installed if there is a browser."""
    apt = Apt(tmp_path, 1)
    assert install(apt, 0, program(tmp_path, "google-chrome", "apt-get"))
    assert apt.commands == []


@pytest.mark.parametrize(("user", "start"), [(0, ("env",)), (1000, ("sudo", "-n", "env"))])
def test_debian_s_browser_is_installed(tmp_path: Path, user: int, start: tuple[str, ...]) -> None:
    """As root, or with sudo that asks for no password; old lists of packages are updated first."""
    environment = program(tmp_path, "apt-get", "sudo")
    apt = Apt(tmp_path, 3)
    assert install(apt, user, environment)
    assert [command[: len(start)] for command in apt.commands] == [start] * 3
    assert [command[-1] for command in apt.commands] == ["chromium", "-q", "chromium"]


@pytest.mark.parametrize(("user", "programs"), [(0, ()), (1000, ("apt-get",))])
def test_without_rights_or_apt_nothing_is_tried(tmp_path: Path, user: int, programs: tuple[str, ...]) -> None:
    """On a machine without apt-get, or for a user without sudo, only the sentence helps."""
    apt = Apt(tmp_path, 1)
    assert not install(apt, user, program(tmp_path, *programs))
    assert apt.commands == []


def test_a_named_program_that_is_missing_installs_nothing(tmp_path: Path) -> None:
    """A wrong path in the variable is a mistake of the user, not a missing browser."""
    apt = Apt(tmp_path, 1)
    assert not install(apt, 0, {**program(tmp_path, "apt-get"), VARIABLE: str(tmp_path / "other")})
    assert apt.commands == []


def test_a_failed_installation_is_noticed(tmp_path: Path) -> None:
    """If apt-get cannot install it, there is still no browser."""
    assert not install(Apt(tmp_path, 9), 0, program(tmp_path, "apt-get"))
