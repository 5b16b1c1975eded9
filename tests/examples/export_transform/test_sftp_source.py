"""Files on an SFTP server."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from export_transform.sftp_connection import sftp_session
from export_transform.sftp_source import WINDOW_BYTES, SftpSource
from export_transform.source import FileChangedError
from local_run.sftp_server import LocalSftpServer

from processor.errors import Transient
from tests.examples.export_transform.conftest import PASSWORD, USER
from tests.examples.export_transform.test_sftp_connection import access

DATA = os.urandom(2 * WINDOW_BYTES + 4321)


def source_of(server: LocalSftpServer) -> SftpSource:
    """Return a source with a session for each use."""
    return SftpSource(partial(sftp_session, access(server), is_loopback_allowed=True))


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Return a folder with one export, and with what is not one."""
    folder = tmp_path / "catalog"
    (folder / "new_folder").mkdir(parents=True)
    (folder / "new_1.xml").write_bytes(DATA)
    (folder / "old_1.xml").write_bytes(b"old")
    (folder / "new_link.xml").symlink_to(folder / "old_1.xml")
    return folder


@pytest.mark.usefixtures("catalog")
def test_files_are_listed_and_read(sftp_server: LocalSftpServer) -> None:
    """Regular files with the prefix, and the bytes as they are: folders and links are left out."""
    source = source_of(sftp_server)
    listed = source.files("catalog/new_")
    assert [(each.name, each.size) for each in listed] == [("catalog/new_1.xml", len(DATA))]
    with source.open(listed[0]) as stream:
        assert stream.read() == DATA


def test_a_folder_that_is_not_there_has_no_files(sftp_server: LocalSftpServer) -> None:
    """Alma makes the folder with the first file."""
    assert source_of(sftp_server).files("missing/") == []


def test_a_replaced_file_is_not_read(sftp_server: LocalSftpServer, catalog: Path) -> None:
    """A file with another size or time is not the one that was checked; neither is one that is gone."""
    source = source_of(sftp_server)
    listed = source.files("catalog/new_")[0]
    (catalog / "new_1.xml").write_bytes(DATA + b"more")
    with source.open(listed) as stream, pytest.raises(FileChangedError):
        stream.read(1)
    (catalog / "new_1.xml").unlink()
    with source.open(listed) as stream, pytest.raises(FileChangedError):
        stream.read(1)


class Stopping(asyncssh.SFTPServer):
    """Ends the connection at the first read behind an offset, once or every time."""

    behind = WINDOW_BYTES
    stops = 1

    def read(self, file_obj: object, offset: int, size: int) -> Any:
        """Return bytes, or end the connection."""
        if offset >= self.behind and Stopping.stops:
            Stopping.stops -= 1
            self.channel.get_connection().abort()
        return super().read(file_obj, offset, size)


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(("stops", "is_read"), [(1, True), (1000, False)])
def test_a_server_that_stops_is_resumed(
    tmp_path: Path, host_key: asyncssh.SSHKey, stops: int, *, is_read: bool
) -> None:
    """After one lost connection the file is read to its end; a server that always stops is a transient failure."""
    Stopping.stops = stops
    with LocalSftpServer(tmp_path, USER, PASSWORD, Stopping, host_key) as server:
        source = source_of(server)
        with source.open(source.files("catalog/new_")[0]) as stream:
            if is_read:
                assert stream.read() == DATA
                assert len(server.offered) == 3  # to list, to read, and to go on
            else:
                with pytest.raises(Transient, match=f"after {WINDOW_BYTES} of"):
                    stream.read()


class Silent(asyncssh.SFTPServer):
    """Answers no read, until the client has gone."""

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:  # noqa: ARG002 -- as the library calls it
        """Wait."""
        await self.channel.wait_closed()
        return b""


@pytest.mark.usefixtures("catalog")
def test_a_server_that_stalls_is_given_up(
    tmp_path: Path, host_key: asyncssh.SSHKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read has a timeout, so that an invocation does not end in the middle of one."""
    monkeypatch.setattr("export_transform.sftp_connection.CHANNEL_SECONDS", 0.05)
    monkeypatch.setattr("export_transform.resuming_stream.MAX_RESUMES", 1)
    with LocalSftpServer(tmp_path, USER, PASSWORD, Silent, host_key) as server:
        source = source_of(server)
        with source.open(source.files("catalog/new_")[0]) as stream, pytest.raises(Transient, match="after 0 of"):
            stream.read()
