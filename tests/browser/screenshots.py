"""Take the pictures of the console, from invented events: `python -m tests.browser.screenshots FOLDER`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.chromium import MISSING, find, launched
from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import died, loan, put
from tests.browser.reading import settled
from tests.browser.strict_page import strict_context
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

MOST_BYTES: Final = 200_000
"""The size of a picture, so that the repository stays small."""

_SIZE: Final = {"width": 1280, "height": 800}
_LOST: Final = 9
_TRAFFIC: Final = ("loan-created", "loan-renewed", "request-created", "user-updated", "bib-updated", "item-created")


class Picture(NamedTuple):
    """A picture of a page: the name of its file, the path of the page, and the theme."""

    name: str
    path: str
    scheme: str = "light"


PICTURES: Final = (
    Picture("overview", "/"),
    Picture("overview-dark", "/", "dark"),
    Picture("issues", "/issues"),
    Picture("dead-letters", "/dead-letters"),
    Picture("executions", "/executions"),
    Picture("find", "/find"),
    Picture("live", "/live"),
    Picture("routes", "/routes"),
    Picture("notifications", "/notifications"),
    Picture("work", "/plans"),
)


def prepare(stack: Stack) -> str:
    """Let events pass, and some of them die of several causes; return the receipt id of one that died."""
    for sample in _TRAFFIC:
        stack.outcome(stack.accepted(fresh(body_of(sample))))
    [*_, dead] = died(stack, "loan-lost", *(fresh(body_of("loan-lost")) for _ in range(_LOST)))
    put(stack, {f"invented-{number}": loan("LOAN_RETURNED") for number in range(_LOST)})
    stack.outcome(stack.accepted(b'{"action": "LOAN", ', "application/octet-stream"))
    return dead


def take(browser: Browser, console: ConsoleProcess, folder: Path, pictures: tuple[Picture, ...]) -> None:
    """Write each picture to the folder. Raise ValueError for one that is too large."""
    for picture in pictures:
        options = {"base_url": console.url, "viewport": _SIZE, "color_scheme": picture.scheme}
        with strict_context(browser, console.signed_in(browser), **options) as strict:
            page = strict.page()
            settled(page, picture.path)
            _write(page, folder / f"{picture.name}.png")


def _write(page: Page, file: Path) -> None:
    data = page.screenshot()
    if len(data) > MOST_BYTES:
        raise ValueError(f"{file.name} has {len(data)} bytes, more than {MOST_BYTES}.")
    file.write_bytes(data)


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Stack, ConsoleProcess]]:
    with (
        Running(folder, "--port", "0") as started,
        watched(started) as stack,
        ConsoleProcess(folder, *stack.scope.options.split()) as console,
    ):
        yield stack, console


def main() -> None:
    """Take all pictures. Exit codes: 0 done, 2 there is no browser."""
    program, folder = find(), Path(sys.argv[1])
    if program is None:
        print(MISSING, file=sys.stderr)  # noqa: T201 -- the output of this program
        sys.exit(2)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, _opened(Path(temporary)) as (stack, console):
        dead = prepare(stack)
        with launched(program) as browser:
            take(browser, console, folder, (*PICTURES, Picture("event", f"/events/{dead}")))


if __name__ == "__main__":
    main()
