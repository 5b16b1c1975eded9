"""Opens pages that fail the test for what no page of the console may do.

That is: a violation of the Content-Security-Policy, an error in the console or of a script, a request to another host.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, Route, StorageState

SCRIPTS: Final = "**/*.js"

# Also where an element violates the policy in a way that Chromium does not write to the console.
_REPORT: Final = """document.addEventListener("securitypolicyviolation",
  (event) => console.error("violation of the policy:", event.violatedDirective, event.blockedURI));"""

_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
_LOCAL_SCHEMES: Final = frozenset({"about", "blob", "data", "file"})


class Offences:
    """What the pages of a context have done that they may not do; `allowed` are texts of those that a test expects."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed: set[str] = set()

    def allow(self, text: str) -> None:
        """Expect offences with this text, such as the status of a response that the test provokes."""
        self.allowed.add(text)

    def unexpected(self) -> list[str]:
        """Return the offences that no test expects."""
        return [one for one in self.found if not any(text in one for text in self.allowed)]

    def watch(self, context: BrowserContext) -> None:
        """Collect the offences of all pages that this context opens."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"script error: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _LOCAL_SCHEMES and parts.hostname not in _HOSTS:
            self.found.append(f"request to another host: {parts.scheme}://{parts.netloc}")


class StrictContext:
    """A browser context, its pages and their offences."""

    def __init__(self, context: BrowserContext, offences: Offences) -> None:
        self.context = context
        self.offences = offences

    def page(self) -> Page:
        """Open another page (a tab)."""
        return self.context.new_page()

    def without_scripts(self) -> None:
        """Give pages empty scripts, so that they are what a browser without JavaScript shows, and axe still runs."""
        self.context.route(SCRIPTS, _empty)


@contextmanager
def strict_context(browser: Browser, state: StorageState | None = None, **options: Any) -> Iterator[StrictContext]:
    """Open a context with these options of Playwright; fail at the end for offences that were not expected."""
    offences = Offences()
    context = browser.new_context(storage_state=state, **options)
    try:
        context.set_default_timeout(30_000)
        context.add_init_script(_REPORT)
        offences.watch(context)
        yield StrictContext(context, offences)
    finally:
        _close(context)
    if unexpected := offences.unexpected():
        raise AssertionError("\n".join(unexpected))


def _empty(route: Route) -> None:
    route.fulfill(status=200, content_type="text/javascript", body="")


def _close(context: BrowserContext) -> None:
    try:
        context.close()
    except Error:  # it crashed or was closed by the test; what failed is shown by the test
        return
