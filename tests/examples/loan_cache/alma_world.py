"""Alma's users API in memory: users whose loans and requests change, and answers as Alma gives them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from loan_cache.alma_lists import AlmaLists
from loan_cache.daily_pool import DailyPool
from loan_cache.entry import Kind

from notifications.alma_api import AlmaApi
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.pacing import Pacing
from tests.notifications.alma_server import AlmaKey
from tests.notifications.memory_table import MemoryTable

_TARGET = re.compile(r"https://[^/]+/almaws/v1/users/([^/?]+)(?:/(loans|requests)\?limit=(\d+)&offset=(\d+))?")
_LISTS = {"loans": (Kind.LOAN, "item_loan"), "requests": (Kind.REQUEST, "user_request")}

USER = "invented-patron-1"

Items = dict[str, dict[str, Any]]


def loan(number: int, **members: Any) -> dict[str, Any]:
    """Return a loan as Alma's API and its events have it."""
    return {
        "loan_id": f"loan-{number:05}",
        "user_id": USER,
        "title": f"Collected Letters of Nobody, volume {number}",
        "item_barcode": f"3990{number:07}",
        "due_date": "2026-06-26T16:00:00Z",
        "process_status": "NORMAL",
        "renewable": True,
        "library": {"value": "MAIN", "desc": "Main Library"},
        **members,
    }


def request(number: int, **members: Any) -> dict[str, Any]:
    """Return a request as Alma's API and its events have it."""
    return {
        "request_id": f"request-{number:05}",
        "user_primary_id": USER,
        "title": f"Tides of the Inner Harbour, volume {number}",
        "request_type": "HOLD",
        "request_status": "NOT_STARTED",
        "place_in_queue": number,
        **members,
    }


@dataclass
class AlmaWorld:
    """The users of Alma with their lists, by primary identifier in lower case. It is also the HTTP client.

    `before` is called with the number of the request before each one is answered; it can change the world or return an
    answer that is given instead. `names` are other identifiers of users. A page has at most `page_items`.
    """

    lists: dict[str, dict[Kind, Items]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[int], HttpResponse | None] = lambda _: None
    asked: list[str] = field(default_factory=list)
    page_items: int = 100

    def add(self, user: str, loans: list[dict[str, Any]] | None = None, requests: Any = ()) -> None:
        """Let a user have these loans and requests."""
        self.lists[user] = {
            Kind.LOAN: {each["loan_id"]: each for each in loans or []},
            Kind.REQUEST: {each["request_id"]: each for each in requests},
        }

    def get(self, http_request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        self.asked.append(http_request.url)
        if (instead := self.before(len(self.asked))) is not None:
            return instead
        found = _TARGET.fullmatch(http_request.url)
        assert found, http_request.url
        user = self.names.get(unquote(found[1]), unquote(found[1]).lower())
        if user not in self.lists:
            return response(
                {"errorList": {"error": [{"errorCode": "401861", "errorMessage": f"No user {user}."}]}}, 400
            )
        if found[2] is None:
            return response({"primary_id": user.upper()}, headers=self.headers)
        kind, member = _LISTS[found[2]]
        items, offset = self.lists[user][kind], int(found[4])
        page = [items[each] for each in sorted(items)[offset : offset + min(int(found[3]), self.page_items)]]
        return response({"total_record_count": len(items), **({member: page} if page else {})}, headers=self.headers)


def response(members: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an answer in JSON."""
    return HttpResponse(status, headers or {}, json.dumps(members).encode())


class WorldLists:
    """Alma's lists of a world, with the pace and the pool in memory, and a clock that the test sets."""

    def __init__(self, world: AlmaWorld, *, most: int = 10**6, kept: int = 0, key: str | None = "key") -> None:
        self.now = 1_780_000_000.0
        self.table = MemoryTable(self.wall)
        api = AlmaApi(
            world,
            "alma.example",
            AlmaKey(key),
            Pacing(self.table, self.wall),
            seconds_between=0.1,
            wall=self.wall,
            sleep=self._pass,
            count=DailyPool(self.table, most, self.wall).take,
        )
        self.lists = AlmaLists(api, kept)

    def wall(self) -> float:
        return self.now

    def _pass(self, seconds: float) -> None:
        self.now += seconds
