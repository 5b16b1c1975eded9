"""A console for tests: its pages answer a client that has signed in, without a server."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx2 as httpx

from scripts.aws.context import StackContext
from scripts.console.app import console_app
from scripts.console.console import Console, Settings
from scripts.console.session import Sessions
from tests.scripts.console.asgi import DirectTransport

PORT: Final = 8123
_URL: Final = f"http://127.0.0.1:{PORT}"


class OpenedConsole:
    """A console with a client. Redirects are not followed, so that a test sees them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.sessions = Sessions(PORT)
        transport = DirectTransport(console_app(console, self.sessions))
        self.client = httpx.Client(transport=transport, base_url=_URL, trust_env=False)
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
