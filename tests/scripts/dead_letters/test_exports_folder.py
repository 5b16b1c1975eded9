"""The default folder for exports."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.exports_folder import exports_folder, new_export

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_f65_exports_go_to_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_STATE_HOME if it is absolute, else a folder in the home folder; never the current one."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert exports_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "alma-webhooks" / "exports"
    default = tmp_path / "home" / ".local" / "state" / "alma-webhooks" / "exports"
    assert [exports_folder({}), exports_folder({"XDG_STATE_HOME": "here"})] == [default, default]


def test_f65_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """Even if it existed before."""
    environment = {"XDG_STATE_HOME": str(tmp_path / "a")}
    for mode in (None, 0o755):
        if mode:
            exports_folder(environment).chmod(mode)
        file = new_export("discarded", "stack", NOW, environment)
        assert file == tmp_path / "a" / "alma-webhooks" / "exports" / "discarded-stack-20261124T120000Z.jsonl"
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(file.parent.iterdir()) == []


def test_f65_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "alma-webhooks").write_text("a file")
    with pytest.raises(
        ConfigurationError, match=r"alma-webhooks/exports for exports cannot be created: .* Pass --export"
    ):
        new_export("discarded", "stack", NOW, {"XDG_STATE_HOME": str(tmp_path)})
