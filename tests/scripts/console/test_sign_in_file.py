"""The file that opens a browser: for its owner only, gone after its use, and nothing waits for the browser."""

import stat
import threading
import webbrowser
from pathlib import Path

import pytest

from scripts.console.session import Sessions
from scripts.console.sign_in_file import opened_in_browser, write_sign_in_url


class Browser:
    """A browser that returns when it is closed, and the URLs that it was given."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.is_opened = threading.Event()
        self.closed = threading.Event()

    def open(self, url: str) -> bool:
        """Keep the URL, and wait until the browser is closed."""
        self.opened.append(url)
        self.is_opened.set()
        return self.closed.wait(60)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    browser = Browser()
    monkeypatch.setattr(webbrowser, "open", browser.open)
    return browser


def test_f87_a_browser_gets_the_path_of_a_private_file(browser: Browser) -> None:
    """The file has the URL with the token, its path has not; it is removed once the token was used."""
    sessions = Sessions(8000)
    url = sessions.sign_in_url
    with opened_in_browser(sessions, lambda: None):
        assert browser.is_opened.wait(60)
        [opened] = browser.opened
        path = Path(opened.removeprefix("file://"))
        assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
        assert url in path.read_text("utf-8")
        assert url.partition("=")[2] not in opened
        assert sessions.begin("other") is None
        assert path.exists()
        assert sessions.begin(url.partition("=")[2])
        assert not path.exists()
    assert not path.parent.exists()
    browser.closed.set()


def test_an_unused_file_goes_with_the_console(browser: Browser) -> None:
    """Nothing is left in the folder for temporary files."""
    with opened_in_browser(Sessions(8000), lambda: None):
        assert browser.is_opened.wait(60)
    browser.closed.set()
    assert not Path(browser.opened[0].removeprefix("file://")).parent.exists()


def test_a_missing_browser_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is asked to open the URL."""
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    reported = threading.Event()
    with opened_in_browser(Sessions(8000), reported.set):
        assert reported.wait(60)


def test_f87_the_url_is_written_to_a_new_file_only(tmp_path: Path) -> None:
    """A file or link that somebody else has put there is not followed."""
    sessions, file = Sessions(8000), tmp_path / "url"
    write_sign_in_url(file, sessions)
    assert file.read_text("utf-8") == f"{sessions.sign_in_url}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for taken in (file, tmp_path / "link"):
        with pytest.raises(FileExistsError):
            write_sign_in_url(taken, sessions)
