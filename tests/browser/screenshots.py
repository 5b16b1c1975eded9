"""Take the pictures of the console, from invented events: `python -m tests.browser.screenshots FOLDER`."""

import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser import reaching
from tests.browser.chromium import MISSING, find, launched
from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import died, loan, put
from tests.browser.library import library
from tests.browser.reading import settled
from tests.browser.strict_page import strict_context
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import fresh
from tests.end_to_end.test_executions import failed
from tests.samples import body_of

MOST_BYTES: Final = 200_000
"""The size of a picture, so that the repository stays small."""

_SIZE: Final = {"width": 1280, "height": 800}
_LOST: Final = 9
_TRAFFIC: Final = ("loan-created", "loan-renewed", "request-created", "user-updated", "bib-updated", "item-created")


class Picture(NamedTuple):
    """A picture of a page: the name of its file, how one comes to it, and the theme."""

    name: str
    reach: Callable[[Page], None]
    scheme: str = "light"


def at(path: str, complete: str = "h1") -> Callable[[Page], None]:
    """Return what goes to a path, and waits for what this selector names."""

    def reach(page: Page) -> None:
        settled(page, path)
        page.locator(complete).first.wait_for()

    return reach


def replayed(page: Page) -> None:
    """Export and replay some dead letters, and go to the list of what was done."""
    reaching.export_result(page)
    settled(page, "/dead-letters?target=topic:loan-returned")
    page.get_by_label(re.compile("^All .* that match$")).check()
    reaching.press(page, "Replay…")
    settled(page, page.url)
    reaching.press(page, re.compile("^Replay .* dead letters$"))
    settled(page, page.url)
    settled(page, "/plans")


PICTURES: Final = (
    Picture("overview", at("/")),
    Picture("overview-dark", at("/"), "dark"),
    Picture("issues", at("/issues")),
    Picture("dead-letters", at("/dead-letters")),
    Picture("replay", reaching.replay_plan),
    Picture("event", reaching.event),
    Picture("executions", at("/executions")),
    Picture("find", reaching.found),
    Picture("live", at("/live", "#live-events tbody a")),
    Picture("routes", reaching.tried_sample),
    Picture("notifications", at("/notifications", "main table")),
    Picture("work", replayed),
)

EVENT: Final = "event"
"""The name of the picture of an event, whose path is not known before."""


def prepare(stack: Stack) -> None:
    """Let events pass, some of them die of several causes, and an execution fail."""
    failed(stack)
    for sample in _TRAFFIC:
        stack.outcome(stack.accepted(fresh(body_of(sample))))
    died(stack, "loan-lost", *(fresh(body_of("loan-lost")) for _ in range(_LOST)))
    put(
        stack,
        {secrets.token_hex(12): loan("LOAN_RETURNED") for _ in range(_LOST)} | {reaching.DEAD: loan("LOAN_DUE_DATE")},
    )
    stack.outcome(stack.accepted(b'{"action": "LOAN", ', "application/octet-stream"))


def take(browser: Browser, console: ConsoleProcess, folder: Path) -> None:
    """Write each picture to the folder. Raise ValueError for one that is too large."""
    for picture in PICTURES:
        options = {"base_url": console.url, "viewport": _SIZE, "color_scheme": picture.scheme}
        with strict_context(browser, console.signed_in(browser), **options) as strict:
            page = strict.page()
            picture.reach(page)
            _write(page, folder / f"{picture.name}.png")


def _write(page: Page, file: Path) -> None:
    data = page.screenshot()
    if len(data) > MOST_BYTES:
        raise ValueError(f"{file.name} has {len(data)} bytes, more than {MOST_BYTES}.")
    file.write_bytes(data)


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Stack, ConsoleProcess]]:
    with library(folder) as stack, ConsoleProcess(folder, *stack.scope.options.split()) as console:
        yield stack, console


def main() -> None:
    """Take all pictures. Exit codes: 0 done, 2 there is no browser."""
    program, folder = find(), Path(sys.argv[1])
    if program is None:
        print(MISSING, file=sys.stderr)  # noqa: T201 -- the output of this program
        sys.exit(2)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, _opened(Path(temporary)) as (stack, console):
        prepare(stack)
        with launched(program) as browser:
            take(browser, console, folder)


if __name__ == "__main__":
    main()
