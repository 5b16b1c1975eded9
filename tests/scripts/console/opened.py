"""A console for tests: its pages answer a client that has signed in, without a server."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import httpx2 as httpx
from anyio.from_thread import BlockingPortal
from starlette.testclient import TestClient

from scripts.aws.context import StackContext
from scripts.console.app import console_app
from scripts.console.console import Console, Settings
from scripts.console.session import Sessions

PORT: Final = 8123
_URL: Final = f"http://127.0.0.1:{PORT}"


class OpenedConsole:
    """A console with a client. Redirects are not followed, so that a test sees them.

    Clients share the event loop of `portal`, if it is set: a loop and a thread for each request take longer than most
    pages.
    """

    portal: ClassVar[BlockingPortal | None] = None

    def __init__(self, console: Console) -> None:
        self.console = console
        self.sessions = Sessions(PORT)
        self.client = TestClient(
            console_app(console, self.sessions), base_url=_URL, follow_redirects=False, raise_server_exceptions=True
        )
        self.client.portal = self.portal
        self.client.get(self.sessions.sign_in_url)
        self.session = self.client.cookies[self.sessions.cookie]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the answer to a request of a page."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, form: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Return the answer to a form, which has the CSRF value of the session unless it has its own."""
        fields = {"csrf": self.sessions.csrf(self.session)} | dict(form or {})
        return self.client.post(path, data=fields, headers=headers)

    def read(self, path: str) -> httpx.Response:
        """Return a page after everything that it reads in the background was read."""
        self.get(path)
        self.wait()
        return self.get(path)

    def wait(self) -> None:
        """Wait until no work runs."""
        self.console.wait()


def opened(
    scope: StackContext, clock: Callable[[], datetime] = lambda: datetime.now(UTC), **settings: Any
) -> OpenedConsole:
    """Return a console on a stack with these settings; its times are in UTC."""
    return OpenedConsole(Console(scope, Settings(**{"zone": UTC, **settings}), clock))
