"""All routes of the console together: none without a session, none changes by GET, none takes a foreign form."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from scripts.aws.context import StackContext
from scripts.console.guard import HEADERS
from scripts.console.session import SIGN_IN
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.console.all_routes import DEAD_LETTER, POSTED, READ, Changes, places, reading_only
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def watched(dead_letters: DeadLetterStore, queues: Queues, changes: Changes) -> Iterator[OpenedConsole]:
    """A console whose clients can only read, on a stack with a dead letter."""
    queues.put(receipt_id=DEAD_LETTER)
    console = opened(reading_only(dead_letters.scope, changes))
    yield console
    console.console.end()


def test_the_walk_finds_the_routes() -> None:
    """The overview is there, and each route has GET or POST, and never both by one handler."""
    assert "/" in READ
    assert all(place.methods in ({"GET", "HEAD"}, {"POST"}) for place in places())


@pytest.mark.parametrize("path", READ)
def test_f85_a_get_changes_nothing(watched: OpenedConsole, changes: Changes, path: str) -> None:
    """Neither at once nor in the background: prefetch, "back" and links of others have no effect."""
    for _ in range(2):
        answer = watched.get(path)
        watched.wait()
        assert answer.status_code < 500, answer.text
    assert changes == []


def test_f85_the_clients_of_this_test_refuse_a_change(watched: OpenedConsole, changes: Changes) -> None:
    """Otherwise the walk would show nothing."""
    with pytest.raises(AssertionError):
        watched.console.scope.aws.sqs.delete_queue(QueueUrl="invented")
    assert changes == ["DeleteQueue"]


@pytest.mark.parametrize("path", [*READ, *POSTED, "/static/console.css", "/static/", "/nowhere"])
def test_f82_no_path_is_answered_without_a_session(page: OpenedConsole, path: str) -> None:
    """For any method, and no matter what is there."""
    page.client.cookies.clear()
    assert {page.client.request(method, path).status_code for method in METHODS} == {401}


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("csrf", [None, "", "invented"])
def test_f86_a_form_of_another_page_is_rejected(page: OpenedConsole, path: str, csrf: str | None) -> None:
    """Without the value of this session no handler sees a form."""
    fields = {} if csrf is None else {"csrf": csrf}
    assert page.client.post(path, data=fields).status_code == 403


@pytest.mark.parametrize("path", POSTED)
def test_f86_a_form_of_another_console_is_rejected(page: OpenedConsole, scope: StackContext, path: str) -> None:
    """The value of a console for another stage is that of a stranger here."""
    other = opened(scope)
    assert page.post(path, {"csrf": other.sessions.csrf(other.session)}).status_code == 403
    assert page.post(path, {"csrf": other.sessions.csrf(page.session)}).status_code == 403


@pytest.mark.parametrize("path", POSTED)
def test_f85_a_get_on_a_changing_route_is_not_allowed(page: OpenedConsole, path: str) -> None:
    """A link to it does nothing."""
    if path not in READ:
        assert {page.client.request(method, path).status_code for method in ("GET", "HEAD", "PUT")} == {405}


@pytest.mark.parametrize("path", READ)
def test_a_form_for_a_page_does_nothing(page: OpenedConsole, path: str) -> None:
    """A page takes GET and HEAD. Its path can fit a route with a parameter, which does not know the value."""
    if path not in POSTED:
        assert page.post(path).status_code in {404, 405, 409}


@pytest.mark.parametrize("path", [*READ, "/static/htmx.min.js", "/nowhere"])
def test_f84_every_page_has_the_headers(page: OpenedConsole, path: str) -> None:
    """A strict policy, and nothing is kept by a browser."""
    answer = page.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path",
    [
        "/static/../guard.py",
        "/static/%2e%2e/guard.py",
        "/static/..%2fguard.py",
        "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static//etc/passwd",
        "/static/..\\guard.py",
        "/static/%00",
        "/static/",
        "/static",
        "//evil.example",
        "//evil.example/static/console.css",
        "/%2f%2fevil.example",
        "/\\evil.example",
        "/dead-letters/",
        "/%ff%fe",
        "/" + "x" * 5_000,
    ],
)
def test_tricks_with_paths_end_at_a_page_that_is_missing(page: OpenedConsole, path: str) -> None:
    """No file outside of the static folder, no list of files, and no redirect to anywhere."""
    answer = page.client.get(f"http://127.0.0.1:{page.client.base_url.port}{path}")
    assert answer.status_code in {400, 404}
    assert "location" not in answer.headers


@pytest.mark.parametrize("query", ["next=//evil.example", "url=http://evil.example/", "back=javascript:alert(1)"])
@pytest.mark.parametrize("path", [*READ, SIGN_IN])
def test_no_query_becomes_a_link_or_a_redirect(page: OpenedConsole, path: str, query: str) -> None:
    """What a URL says about where to go next is not followed."""
    answer = page.get(f"{path}?{query}")
    assert "evil.example" not in answer.headers.get("location", "")
    assert re.findall(r'(?:href|action|src|hx-get)="(?!/(?!/)|#|\?)[^"]*"', answer.text) == []


def test_an_unknown_page_quotes_its_path_as_text(page: OpenedConsole) -> None:
    """Markup in a path is shown, and does nothing."""
    answer = page.get("/%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "⟨U+202E⟩" in answer.text
