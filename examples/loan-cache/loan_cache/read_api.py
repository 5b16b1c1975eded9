"""The HTTP contract of the read API: `GET /users/{id}/loans` and `/requests`, authorized by the gateway with IAM.

Query: `limit` (1 to 100) and `token` (from `next`). Answer: `{"loans": [...], "source": "cache", "next": "…"}`, or an
error `{"error": "…"}`. "Create AWS Lambda proxy integrations for HTTP APIs" (payload 2.0), AWS documentation.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from aws_lambda_powertools import Logger

from loan_cache.alma_lists import PAGE_ITEMS, UnknownUser
from loan_cache.entry import Kind, user_key
from loan_cache.lists_of_users import ListPage, ListsOfUsers, members_of
from loan_cache.page_token import PageStart, PageTokens
from notifications.errors import Throttled
from processor.errors import Failure, Permanent, as_failure

ROUTES: Final = {"GET /users/{id}/loans": Kind.LOAN, "GET /users/{id}/requests": Kind.REQUEST}

_HEADERS: Final = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",  # what a patron has borrowed stays in no browser or proxy
}


class RejectedRead(Exception):  # noqa: N818 - a response, not a fault
    """The request is not accepted: a status, and one sentence that quotes nothing of it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class ReadRequest(NamedTuple):
    """Whose list, which one, how much of it, and the token of the page, empty for the first."""

    user: str
    kind: Kind
    limit: int
    token: str

    def __repr__(self) -> str:
        """Return the kind only, because logs must not show who."""
        return f"ReadRequest({self.kind.value}, …)"

    @property
    def list_name(self) -> str:
        """What a token is valid for."""
        return f"{self.kind.value} {self.user}"


@dataclass(frozen=True)
class ReadApi:
    """Answers requests. Tests replace `monotonic`."""

    lists: ListsOfUsers
    tokens: PageTokens
    logger: Logger
    monotonic: Callable[[], float] = time.monotonic

    def answer(self, event: object) -> dict[str, Any]:
        """Answer one event of API Gateway, and log one line without the user. Never raise."""
        started = self.monotonic()
        facts: dict[str, Any] = {}
        try:
            response = self._answered(event, facts)
        except RejectedRead as rejected:
            response = error(rejected.status, str(rejected))
        except UnknownUser:
            response = error(404, "Alma does not have this user.")
        except Exception as failed:  # noqa: BLE001 - every exception becomes a Failure
            failure = as_failure(failed)
            facts["failure"] = failure.members
            response = _failed(failure)
        facts |= {"status": response["statusCode"], "duration_ms": round((self.monotonic() - started) * 1000, 1)}
        self.logger.info("read", extra=facts)
        return response

    def _answered(self, event: object, facts: dict[str, Any]) -> dict[str, Any]:
        request = request_of(event)
        facts["list"] = request.kind.value
        page = self.lists.page(request.user, request.kind, request.limit, self._start(request))
        facts |= {"source": page.source.value, "entries": len(page.entries)}
        return _response(200, self._members(request, page))

    def _start(self, request: ReadRequest) -> PageStart | None:
        if not request.token:
            return None
        try:
            return self.tokens.read(request.token, request.list_name)
        except ValueError:
            raise RejectedRead(400, "The token is not valid for this list any more; start without a token.") from None

    def _members(self, request: ReadRequest, page: ListPage) -> dict[str, Any]:
        members = {f"{request.kind.value}s": [members_of(each) for each in page.entries], "source": page.source.value}
        return members | ({"next": self.tokens.make(page.next_start, request.list_name)} if page.next_start else {})


def request_of(event: object) -> ReadRequest:
    """Return the request of an event of payload 2.0. Raise RejectedRead (400, 404)."""
    members = _object(event)
    kind = ROUTES.get(str(members.get("routeKey")))
    if kind is None:
        raise RejectedRead(404, "There is nothing here; read /users/ID/loans or /users/ID/requests.")
    query = _object(members.get("queryStringParameters"))
    try:
        # The gateway may have decoded the id already; a second time changes only an id with a percent sign.
        user = user_key(unquote(str(_object(members.get("pathParameters")).get("id", ""))))
    except ValueError as wrong:
        raise RejectedRead(400, f"The path is wrong: {wrong}.") from None
    return ReadRequest(user, kind, _limit(query.get("limit")), str(query.get("token", "")))


def error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return an error in the gateway's form."""
    return _response(status, {"error": sentence}, headers)


def _limit(text: object) -> int:
    if text is None:
        return PAGE_ITEMS
    number = int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 4 else 0
    if not 1 <= number <= PAGE_ITEMS:
        raise RejectedRead(400, f"limit must be a number from 1 to {PAGE_ITEMS}.")
    return number


def _failed(failure: Failure) -> dict[str, Any]:
    """Return 502 if the same request fails again, else 503. The reason is in the log: it names parameters and hosts."""
    if isinstance(failure, Permanent):
        return error(502, "The list cannot be read. The operator of this service finds the cause in its log.")
    seconds = failure.retry_after if isinstance(failure, Throttled) else None
    headers = {} if seconds is None else {"Retry-After": str(max(1, round(seconds)))}
    return error(503, "The list cannot be read at the moment; try again later.", headers)


def _response(status: int, members: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return {"statusCode": status, "headers": {**_HEADERS, **(headers or {})}, "body": body, "isBase64Encoded": False}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
