"""Reads from Alma's users API, paced over all workers: `GET /almaws/v1/users/{user_id}` and the resources below it.

Alma allows an institution 25 requests a second and a number of requests a day, for all of its programs together ("Alma
APIs", Ex Libris Developer Network).
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote

from notifications.answers import failure_by_status
from notifications.errors import Paced, Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.json_body import json_members
from notifications.pacing import Pacing
from notifications.references import ALMA_API_KEY, SecretReference
from notifications.retry_after import retry_after_seconds
from notifications.secret_values import SecretValues
from processor.errors import Failure

LONGEST_WAIT_SECONDS: Final = 2.0

# "Error Handling with APIs" and "Alma APIs", Ex Libris Developer Network. An error is JSON, or XML from the gateway.
_CODE: Final = re.compile(rb'(?:"errorCode"\s*:\s*"|<errorCode>)([A-Z0-9_]{1,40})["<]')
# "Retrieve user loans", Ex Libris Developer Network: no user has the identifier.
_NOT_FOUND: Final = frozenset({"401861", "401890"})
_THROTTLES: Final[Mapping[str, float]] = {"PER_SECOND_THRESHOLD": 1.0, "DAILY_THRESHOLD": 3600.0}
_UNAUTHORIZED: Final = "UNAUTHORIZED"

# "New header in API response: X-Exl-Api-Remaining", Ex Libris Developer Network.
_REMAINING: Final = "x-exl-api-remaining"

_TOKEN: Final = re.compile(r"[!-~]+")

# No topic can have this reference: its name is reserved.
_KEY: Final = SecretReference.model_construct(ssm=ALMA_API_KEY)


class HttpReader(Protocol):
    """Reads once, within one deadline."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the answer with any status. Raise Permanent (address not allowed), Transient, Unconfirmed."""


class AlmaAnswer(NamedTuple):
    """The members of an answer, and how many requests the institution has left until midnight, if Alma says so."""

    members: Mapping[str, Any]
    requests_left: int | None

    def __repr__(self) -> str:
        """Return the class only, because an answer is about a person."""
        return "AlmaAnswer(…)"


class AlmaApi:
    """The users of an institution, at the host of its region. `seconds_between` is the pace of all workers together.

    Programs with another `purpose` have a pace and pauses of their own. `count` is called before each request that is
    made, and raises if it may not be made. Tests replace `wall` and `sleep`.
    """

    def __init__(
        self,
        http: HttpReader,
        host: str,
        secrets: SecretValues,
        pacing: Pacing,
        *,
        seconds_between: float,
        purpose: str = "",
        count: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._host = host
        self._secrets = secrets
        self._pacing = pacing
        self._seconds_between = seconds_between
        self._count = count
        self._destination = f"alma {host} {purpose}".rstrip()
        self._wall = wall
        self._sleep = sleep

    def why_unavailable(self) -> str:
        """Return why Alma cannot be asked: it has no host or no API key. Empty if it can. Raise as `SecretValues`."""
        if not self._host:
            return "Alma was not asked, because AlmaApiHost is empty"
        if self._secrets.optional(_KEY) is None:
            return f"Alma was not asked, because the parameter {self._parameter} does not exist"
        return ""

    def user(self, user: str, below: str = "") -> AlmaAnswer | None:
        """Return what Alma has of a user, or None if it does not have the user. `below` follows the id in the URL.

        Ask once. Raise Permanent (refused, no-target), Transient, Throttled, Paced; no reason has the user's id.
        """
        key = self._secrets.value(_KEY)
        if not _TOKEN.fullmatch(key):
            raise Permanent("refused", f"the parameter {self._parameter} does not have the form of an API key")
        if not user.strip("."):
            return None  # a path would mean another resource
        self._wait()
        response = self._asked(f"https://{self._host}/almaws/v1/users/{quote(user, safe='')}{below}", key)
        if response.status == 200:
            return AlmaAnswer(json_members(response.body), _requests_left(response))
        if (code := _code_of(response)) in _NOT_FOUND:
            return None
        raise self._failure(response, code)

    def malformed(self) -> Transient:
        """Return the failure for an answer that is not from Alma, such as a page of maintenance."""
        return Transient("transient", f"{self._host} answered 200, but not in the form of Alma.")

    def pause(self, seconds: float) -> None:
        """Let no worker ask for these seconds."""
        with suppress(Transient):  # the others find out by themselves
            self._pacing.pause(self._destination, seconds)

    @property
    def _parameter(self) -> str:
        return self._secrets.parameter(_KEY)

    def _wait(self) -> None:
        """Wait for a slot. Raise Paced while look-ups pause: nothing is reserved then, because nothing would use it."""
        if (seconds := self._pacing.free_at(self._destination) - self._wall()) > LONGEST_WAIT_SECONDS:
            raise Paced("look-ups of people in Alma pause", seconds)
        self._count()
        self._sleep(max(0.0, self._pacing.reserve(self._destination, self._seconds_between) - self._wall()))

    def _asked(self, url: str, key: str) -> HttpResponse:
        headers = {"Authorization": f"apikey {key}", "Accept": "application/json"}
        try:
            return self._http.get(HttpRequest(url, b"", headers))
        except Unconfirmed as failure:  # reading twice changes nothing
            raise Transient("transient", failure.reason) from None

    def _failure(self, response: HttpResponse, code: str) -> Failure:
        if code == _UNAUTHORIZED or response.status in {401, 403}:
            self._secrets.refused([_KEY])
            reason = f"{self._host} answered {response.status}: the API key {self._parameter} is not valid, or it may "
            return Permanent("refused", f"{reason}not read users.")
        if code in _THROTTLES or response.status == 429:
            given = retry_after_seconds(response.headers.get("retry-after"), wall=self._wall())
            seconds = max(given or 0.0, _THROTTLES.get(code, 1.0))
            self.pause(seconds)
            return Throttled(f"{self._host} answered {response.status}: too many requests.", seconds)
        failure = failure_by_status(response, self._host, wall=self._wall())
        return Transient("transient", failure.reason) if isinstance(failure, Unconfirmed) else failure


def _code_of(response: HttpResponse) -> str:
    found = _CODE.search(response.body)
    return found[1].decode() if found else ""


def _requests_left(response: HttpResponse) -> int | None:
    text = response.headers.get(_REMAINING, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None
