"""Write the files of a new project folder: all of them or none, and never over a file that is there."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.plural import plural

MERGED: Final = ".gitignore"
"""The file that gets the missing lines if it is there."""


def write(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write the files by their paths in the folder, and return those paths.

    Raise RejectedError, which names every file that is in the way, or FailedError for a folder that cannot be written;
    then nothing was changed.
    """
    check_free(folder, files)
    try:
        with _temporary(folder) as made:
            for name, content in files.items():
                path = made / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_merged(folder / name, content) if name == MERGED else content)
            _move(made, folder, files)
    except OSError as error:
        raise FailedError(f"{folder} cannot be written: {error.strerror}. Nothing was changed.") from None
    return [folder / name for name in files]


def check_free(folder: Path, names: Mapping[str, bytes]) -> None:
    """Raise RejectedError, which names every file that is in the way."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise RejectedError(f"{folder} is not a folder. Nothing was written.")
    found = sorted({taken for name in names if (taken := _in_the_way(folder, name))})
    if found:
        raise RejectedError(
            f"{plural(len(found), 'file')} already there: {', '.join(map(str, found))}. Nothing was written. Remove "
            "what you do not need, or name another folder."
        )


def _in_the_way(folder: Path, name: str) -> Path | None:
    """Return the existing file, or the file or link on the path to it, that prevents writing; None if it is free."""
    path = folder
    for part in Path(name).parent.parts:
        path /= part
        if os.path.lexists(path) and (path.is_symlink() or not path.is_dir()):
            return path
    path = folder / name
    is_mergeable = name == MERGED and path.is_file() and not path.is_symlink()
    return path if os.path.lexists(path) and not is_mergeable else None


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Yield an empty folder on the same file system: beside a new folder, inside one that is there."""
    parent = folder if folder.is_dir() else folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".alma-webhooks-", dir=parent, ignore_cleanup_errors=True) as outer:
        made = Path(outer, "new")
        made.mkdir()  # with the permissions of a usual folder, which a temporary one does not have
        yield made


def _move(made: Path, folder: Path, names: Mapping[str, bytes]) -> None:
    """Move the files into the folder. Undo everything if one cannot be moved, or at Ctrl-C."""
    if not folder.is_dir():
        made.rename(folder)
        return
    check_free(folder, names)  # again, because composing the files took some time
    with ExitStack() as undo:  # the last step first
        if (merged := folder / MERGED).is_file():
            undo.callback(merged.write_bytes, merged.read_bytes())
        for name in names:
            target = folder / name
            for missing in (each for each in target.parents if not each.is_dir()):
                undo.callback(shutil.rmtree, missing, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            undo.callback(target.unlink, missing_ok=True)
            (made / name).replace(target)
        undo.pop_all()


def _merged(path: Path, content: bytes) -> bytes:
    """Return the file with the lines that it lacks at its end, in its own kind of line ends."""
    if not path.is_file():
        return content
    before = path.read_bytes()
    end = b"\r\n" if b"\r\n" in before else b"\n"
    known = {line.strip() for line in before.splitlines()}
    missing = [line for line in content.splitlines() if line and line.strip() not in known]
    if not any(not line.startswith(b"#") for line in missing):
        return before
    start = before if not before or before.endswith(b"\n") else before + end
    return start + b"".join(line + end for line in missing)
