"""The pages of issues: the list by state, and one issue with the forms that change its state and note."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import CommandError, RejectedError
from scripts.cli.times import time_of
from scripts.console.background import unwatched
from scripts.console.console import Console
from scripts.console.page import console_of, render, see_other
from scripts.console.posting import change, text_in
from scripts.console.readings import issue_bars, issue_links
from scripts.console.readings.issue_reading import IssueReading, read_issues, service_of, set_changed
from scripts.issues.issue import Issue
from scripts.issues.service import LONGEST_NOTE, IssueChange
from scripts.issues.store import IssueState

MOST_ROWS: Final = 200
"""How many issues a page shows."""

_ALL: Final = "all"
_SHARED: Final[dict[str, Any]] = {
    "issue_bars": issue_bars,
    "links": issue_links,
    "longest_note": LONGEST_NOTE,
}


async def list_(request: Request, template: str, *, is_part: bool = False) -> Response:
    """List the issues with a state: the page, or the part of it that is read again every few seconds."""
    reading = read_issues(console_of(request), reads_again=not is_part)
    wanted = request.query_params.get("state", IssueState.open)
    if wanted not in {*IssueState, _ALL}:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The state is one of {', '.join(IssueState)} and {_ALL}.")
    states = [] if wanted == _ALL else [IssueState(wanted)]
    found = reading.listing
    counts = {str(each): len(found.with_states([each])) for each in IssueState} if found else {}
    rows = found.with_states(states) if found else ()
    return render(
        request,
        template,
        **_SHARED,
        reading=reading,
        wanted=wanted,
        counts=counts | ({_ALL: len(found.issues)} if found else {}),
        rows=rows[:MOST_ROWS],
        matching=len(rows),
        is_part=is_part,
        is_changed=reading.is_outdated,
        is_brief=reading.is_incomplete_but_running,
    )


async def issue_page(request: Request) -> Response:
    """Show one issue."""
    reading = read_issues(console_of(request))
    return _page(request, reading, _found(reading, request.path_params["key"]))


def _found(reading: IssueReading, key: str) -> Issue | None:
    """Return the issue with this key, None if not all could be read. Raise HTTPException if there is none."""
    issues = reading.listing.issues if reading.listing else ()
    issue = next((each for each in issues if each.key == key), None)
    if issue is None and not reading.is_partial:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return issue


def _page(
    request: Request, reading: IssueReading, issue: Issue | None, problem: str = "", note: str | None = None
) -> Response:
    return render(
        request,
        "issue.html",
        HTTPStatus.CONFLICT if problem else HTTPStatus.OK,
        **_SHARED,
        reading=reading,
        key=request.path_params["key"],
        issue=issue,
        problem=problem,
        note=issue.note if issue and note is None else note,
        seen=time_of(issue.last_seen) if issue else "",
    )


@change
async def change_issue(request: Request, form: FormData) -> Response:
    """Set the state and the note of an issue, if it is as the page showed it."""
    console, note = console_of(request), text_in(form, "note").replace("\r\n", "\n").strip()
    reading = read_issues(console)
    issue = _found(reading, request.path_params["key"])
    if issue is None:
        raise RejectedError("The issues were not read yet. Wait a moment, then try again.")
    try:
        wanted = IssueChange(_state_in(form), note)
        await _change(console, issue, wanted, form)
    except CommandError as error:
        return _page(request, reading, issue, str(error), note)
    return see_other(f"/issues/{issue.key}")


async def _change(console: Console, issue: Issue, wanted: IssueChange, form: FormData) -> None:
    """Change the issue. Raise RejectedError if it is no longer as the page showed it."""
    if form.get("revision") != str(issue.revision):
        by = f" by {issue.record.changed_by}" if issue.record else ""
        raise RejectedError(f"The issue was set to {issue.state}{by} after this page was loaded. Nothing was changed.")
    if form.get("seen") != time_of(issue.last_seen):
        raise RejectedError("The issue has failed again after this page was loaded. Nothing was changed.")
    await set_changed(console, await console.call(partial(service_of(console, unwatched()).change, issue, wanted)))


def _state_in(form: FormData) -> IssueState:
    try:
        return IssueState(str(form.get("state_of_issue")))
    except ValueError:
        raise RejectedError("The form has no state for the issue. Nothing was changed.") from None


ROUTES: Final = [
    Route("/issues", partial(list_, template="issues.html")),
    Route("/issues/part", partial(list_, template="issues_part.html", is_part=True)),
    Route("/issues/{key}", issue_page),
    Route("/issues/{key}", change_issue, methods=["POST"]),
]
