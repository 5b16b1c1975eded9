"""The way into the console: by a file that is removed, with a token that works once; out of it by Ctrl-C."""

import re
import signal
import stat
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import violations
from tests.browser.conftest import ENDED
from tests.browser.console_process import ConsoleProcess
from tests.browser.strict_page import strict_context
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack

_SAVE = """#!/bin/sh
cp "${1#file://}" "$HOME/page.html"
stat -c '%a %n' "${1#file://}" > "$HOME/mode"
mv "$HOME/mode" "$HOME/opened"
"""


def command_lines() -> str:
    """Return the arguments of every process of this computer, as any user can read them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


def test_the_token_works_once_and_is_in_no_command_line(chromium: Browser, own: ConsoleProcess) -> None:
    """The first browser is signed in and its address has no token; a second one is sent away, as text it can read."""
    token = own.sign_in_url.partition("token=")[2]
    assert own.signed_in(chromium)["cookies"]
    assert token not in command_lines()
    assert token not in "".join(own.err)
    with strict_context(chromium) as second:
        second.offences.allow("the server responded with a status of 40")
        page = second.page()
        for path, status in ((own.sign_in_url, 403), (f"{own.url}/", 401), (f"{own.url}/static/console.css", 401)):
            response = page.goto(path)
            assert response
            assert response.status == status
        page.goto(own.sign_in_url)
        assert violations(page) == []


def test_the_cookie_is_for_this_console_only(chromium: Browser, own: ConsoleProcess) -> None:
    """Scripts cannot read it, other sites do not send it, and its name has the port and a random part."""
    [cookie] = own.signed_in(chromium)["cookies"]
    assert re.fullmatch(rf"alma-webhooks-{own.url.rpartition(':')[2]}-[0-9a-f]{{8}}", cookie["name"])
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")


def test_the_browser_is_opened_by_a_private_file(chromium: Browser, pipeline: Stack, tmp_path: Path) -> None:
    """The browser gets a file that only its owner can read, follows it, and the file is removed with the console."""
    browser = tmp_path / "browser"
    browser.write_text(_SAVE)
    browser.chmod(0o700)
    environment = {"BROWSER": str(browser), "HOME": str(tmp_path)}
    with ConsoleProcess(tmp_path, *pipeline.scope.options.split(), environment=environment) as console:
        eventually((tmp_path / "opened").exists)
        mode, _, opened = (tmp_path / "opened").read_text().strip().partition(" ")
        assert mode == "600"
        assert stat.S_IMODE(Path(opened).parent.stat().st_mode) == 0o700
        copied = tmp_path / "page.html"
        [token] = re.findall(r"token=([\w-]+)", copied.read_text())
        assert token not in command_lines()
        with strict_context(chromium) as strict:
            page = strict.page()
            page.goto(copied.as_uri())
            page.get_by_role("heading", name="Overview").wait_for()
            assert "token" not in page.url
        assert console.end() in ENDED
    assert not Path(opened).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_console_with_pages_open(
    chromium: Browser, own: ConsoleProcess, number: signal.Signals
) -> None:
    """Ctrl-C ends it at once although tabs poll it, without a traceback."""
    with strict_context(chromium, own.signed_in(chromium)) as strict:
        for poll in ("ERR_CONNECTION_REFUSED", "htmx:"):  # the tabs poll on
            strict.offences.allow(poll)
        for path in ("/", "/live", "/dead-letters"):
            strict.page().goto(f"{own.url}{path}")
        assert own.end(number) in ENDED
    assert "Traceback" not in "".join(own.err)
