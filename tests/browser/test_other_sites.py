"""Pages of other sites and of other servers on this computer reach nothing of the console in the same browser."""

from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import REBOUND
from tests.browser.console_process import ConsoleProcess
from tests.browser.served_page import served
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack

# A server on another port of 127.0.0.1 is the same site for cookies, so the browser sends the session along.
_FORM = '<form method=post action="{url}"><input name=csrf value=guessed><button>Go</button></form>'
_READ = """async (url) => {
  const read = (mode) => fetch(url, {mode, credentials: "include"}).then((r) => r.text(), () => "refused");
  return [await read("cors"), await read("no-cors")];
}"""


def refused(page: Page, text: str) -> bool:
    """Whether the page is how the console rejects a request, with this text."""
    return text in page.locator("main").inner_text()


@pytest.mark.parametrize("path", ["/plans", "/issues", "/find", "/"])
def test_a_page_of_another_server_posts_no_form(signed_in: StrictContext, console: ConsoleProcess, path: str) -> None:
    """A form on another port of this computer is refused before any page sees it, though the session is sent."""
    signed_in.offences.allow("the server responded with a status of 40")  # 403, and 404 for its icon
    page = signed_in.page()
    with served(_FORM.format(url=f"{console.url}{path}"), policy="") as other:
        page.goto(other)
        page.get_by_role("button").click()
        assert refused(page, "Another site sent this request.")


def test_a_page_of_another_server_reads_nothing(signed_in: StrictContext, console: ConsoleProcess) -> None:
    """No script of another port can read a page, and none can show the console in a frame."""
    signed_in.offences.allow("")  # the browser reports each rejected request in words of its own
    page = signed_in.page()
    with served(f'<iframe title="Console" src="{console.url}/"></iframe>', policy="") as other:
        page.goto(other)
        assert page.evaluate(_READ, f"{console.url}/") == ["refused", "refused"]
        assert "Overview" not in "".join(frame.content() for frame in page.frames[1:])


@pytest.mark.parametrize("path", ["/", "/static/console.css", "/sign-in", "/none"])
def test_a_rebound_name_reaches_nothing(signed_in: StrictContext, console: ConsoleProcess, path: str) -> None:
    """A name of another site that leads to this computer gets no page, no file and no session."""
    signed_in.offences.allow(REBOUND)
    signed_in.offences.allow("the server responded with a status of 421")
    response = signed_in.page().goto(f"http://{REBOUND}:{urlsplit(console.url).port}{path}")
    assert response
    assert response.status == 421
    assert "set-cookie" not in response.headers


def test_the_address_may_be_followed_from_another_site(
    chromium: Browser, pipeline: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A link with the token in a chat or a mail signs one in, though no cookie is sent along from there."""
    with (
        ConsoleProcess(tmp_path_factory.mktemp("console"), *pipeline.scope.options.split()) as own,
        served(f'<a href="{own.sign_in_url}">The console</a>') as other,
        strict_context(chromium) as strict,
    ):
        page = strict.page()
        page.goto(other.replace("127.0.0.1", "localhost"))
        page.get_by_role("link").click()
        page.get_by_role("heading", name="Overview").wait_for()
        assert page.url == f"{own.url}/"


def test_an_open_page_does_not_believe_another_program_on_the_port_of_an_ended_console(
    own: ConsoleProcess, own_context: StrictContext
) -> None:
    """Another user of this computer can listen there as soon as the console has ended, and is then the same origin."""
    own_context.offences.allow("")  # between the two there is nobody, and htmx reports it in words of its own
    page = own_context.page()
    page.goto("/live")
    port = urlsplit(own.url).port or 0
    own.end()
    stolen = "<p id=stolen>Sign in again</p><script src=/s.js></script>"
    with served(port=port, other=("text/html", stolen)):
        page.get_by_text("The console of this page has ended, and another program").wait_for()
        assert page.locator("#stolen").count() == 0
        assert page.get_by_role("heading", name="Live").is_visible()


_REGISTERED: Final = """navigator.serviceWorker.register("/worker.js")
  .then(() => navigator.serviceWorker.ready).then(() => { document.title = "ready"; })"""
_WORKER: Final = """self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));"""


def test_a_service_worker_of_a_program_that_had_the_port_before_is_removed(
    chromium: Browser, pipeline: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It would see every page, and could post forms as the operator."""
    with strict_context(chromium) as strict:
        strict.offences.allow("the server responded with a status of 40")  # 403, and 401 for the icon of a rejection
        page = strict.page()
        with served('<script src="/s.js"></script>', _REGISTERED, "", other=("text/javascript", _WORKER)) as other:
            page.goto(other)
            page.wait_for_function("document.title === 'ready'")
            page.goto("about:blank")
        options = [*pipeline.scope.options.split(), "--port", str(urlsplit(other).port)]
        with ConsoleProcess(tmp_path_factory.mktemp("console"), *options) as own:
            page.goto(own.sign_in_url)
            assert refused(page, "Another program has left something in the browser for this address.")
            page.goto(own.sign_in_url)
            page.get_by_role("heading", name="Overview").wait_for()
            assert page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0
            page.goto("about:blank")
