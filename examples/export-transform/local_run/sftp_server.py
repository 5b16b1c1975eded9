"""An SFTP server on this computer, for `alma-webhooks run` and for tests."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncssh

HOST: Final = "127.0.0.1"

_ROUNDS: Final = 3  # of the loop, until the sockets of connections that have ended are closed


class LocalSftpServer:
    """Serves a folder in a thread, to a user with a password, and to anybody with the client key.

    `offered` has every password that a client sent.
    """

    def __init__(
        self,
        folder: Path,
        user: str,
        password: str,
        sftp: type[asyncssh.SFTPServer] = asyncssh.SFTPServer,
        host_key: asyncssh.SSHKey | None = None,
        client_key: asyncssh.SSHKey | None = None,
    ) -> None:
        self.port = 0
        self.offered: list[str] = []
        self._key = host_key or asyncssh.generate_private_key("ssh-ed25519")
        self._client_key = client_key
        self._folder = folder
        self._sign_in = (user, password)
        self._sftp = sftp
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def host_key(self) -> str:
        """The line that clients pin: type and key."""
        return " ".join(self._key.export_public_key().decode().split()[:2])

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.get_port()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        keys = self._client_key.export_public_key().decode() if self._client_key else ""
        return await asyncssh.listen(
            HOST,
            0,
            server_factory=lambda: _SignIn(self._is_valid, self._connections.append),
            server_host_keys=[self._key],
            authorized_client_keys=asyncssh.import_authorized_keys(keys),
            sftp_factory=lambda channel: self._sftp(channel, chroot=str(self._folder).encode()),
        )

    async def _close(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # one of them may accept a connection yet
            for each in self._connections:
                each.abort()
            await asyncio.wait(others, timeout=0.1)
        for each in self._connections:
            each.abort()
            await each.wait_closed()
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _is_valid(self, user: str, password: str) -> bool:
        self.offered.append(password)
        return (user, password) == self._sign_in


class _SignIn(asyncssh.SSHServer):
    """Accepts a password. `keep` is called with each connection."""

    def __init__(
        self, is_valid: Callable[[str, str], bool], keep: Callable[[asyncssh.SSHServerConnection], None]
    ) -> None:
        self._is_valid = is_valid
        self._keep = keep

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection."""
        self._keep(conn)

    def password_auth_supported(self) -> bool:
        """Return True."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Return whether the user may sign in."""
        return self._is_valid(username, password)
