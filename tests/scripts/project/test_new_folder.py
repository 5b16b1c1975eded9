"""Writing a new project folder: all files or none, and never over another file."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.project import new_folder

FILES = {
    "alma-webhooks.yaml": b"schema: 1\n",
    "events/index.yaml": b"a: b\n",
    ".gitignore": b"# why\n*.jsonl\nbuild/\n",
}


def tree(folder: Path) -> dict[str, bytes | str]:
    """Return every file and link below a folder, with its content."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_a_new_folder_has_all_files_and_nothing_else(tmp_path: Path) -> None:
    """Folders above it are created, and the temporary folder is gone."""
    folder = tmp_path / "libraries" / "ours"
    assert new_folder.write(folder, FILES) == [folder / name for name in FILES]
    assert tree(tmp_path / "libraries") == {f"ours/{name}": content for name, content in FILES.items()}
    assert folder.stat().st_mode & 0o777 == (tmp_path / "libraries").stat().st_mode & 0o777


def test_every_file_in_the_way_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    """An existing file, and a link to somewhere else, are left as they are."""
    (tmp_path / "alma-webhooks.yaml").write_text("mine", "utf-8")
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "index.yaml").symlink_to("/nowhere")
    before = tree(tmp_path)
    with pytest.raises(RejectedError) as caught:
        new_folder.write(tmp_path, FILES)
    assert "2 files already there" in str(caught.value)
    assert all(str(tmp_path / name) in str(caught.value) for name in ("alma-webhooks.yaml", "events/index.yaml"))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("kind", ["file", "link", "folder that is a link"])
def test_a_file_or_link_in_the_place_of_a_folder_is_in_the_way(tmp_path: Path, kind: str) -> None:
    """Nothing is written through a link to elsewhere."""
    folder, elsewhere = tmp_path / "ours", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        folder.write_text("", "utf-8")
    elif kind == "link":
        folder.symlink_to(tmp_path / "nowhere")
    else:
        folder.mkdir()
        (folder / "events").symlink_to(elsewhere)
    with pytest.raises(RejectedError):
        new_folder.write(folder, FILES)
    assert not list(elsewhere.iterdir())
    assert not list(tmp_path.glob(".alma-webhooks-*"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"mine\n*.jsonl\n", b"mine\n*.jsonl\n# why\nbuild/\n"),
        (b"mine", b"mine\n# why\n*.jsonl\nbuild/\n"),
        (b"\xef\xbb\xbfmine\r\n", b"\xef\xbb\xbfmine\r\n# why\r\n*.jsonl\r\nbuild/\r\n"),
        (b"build/\n*.jsonl\n", b"build/\n*.jsonl\n"),
    ],
)
def test_an_ignore_file_keeps_its_lines_and_gets_the_missing_ones(tmp_path: Path, before: bytes, after: bytes) -> None:
    """Its kind of line ends and its byte order mark stay."""
    (tmp_path / ".gitignore").write_bytes(before)
    new_folder.write(tmp_path, FILES)
    assert tree(tmp_path) == {**FILES, ".gitignore": after}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_move_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The second file cannot be moved: the folder is as it was before."""
    (tmp_path / ".gitignore").write_bytes(b"mine\n")
    (tmp_path / "notes.txt").write_bytes(b"mine\n")
    before, replace, moves = tree(tmp_path), Path.replace, list[str]()

    def failing(self: Path, target: Path) -> Path:
        moves.append(target.name)
        if len(moves) == len(FILES):
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises((FailedError, KeyboardInterrupt)):
        new_folder.write(tmp_path, FILES)
    assert len(moves) == len(FILES)
    assert tree(tmp_path) == before
    assert not (tmp_path / "events").exists()
    assert not list(tmp_path.glob(".alma-webhooks-*"))


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which folder and why, and that nothing was changed."""

    def failing(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", failing)  # the tests may run as root, who may write everywhere
    with pytest.raises(FailedError, match=r"ours cannot be written: Permission denied\. Nothing was changed"):
        new_folder.write(tmp_path / "ours", FILES)
    assert tree(tmp_path) == {}
