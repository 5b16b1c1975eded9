"""Reads contacts of people from Alma: "Retrieve user details" (GET /almaws/v1/users/{user_id}), Alma REST API.

Alma allows 25 requests a second and a number of requests a day, for all programs of an institution together.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol
from urllib.parse import quote

from notifications.answers import failure_by_status
from notifications.contacts import Contact
from notifications.errors import Paced, Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.json_body import json_members
from notifications.pacing import Pacing
from notifications.person import ContactKind, Person
from notifications.references import ALMA_API_KEY, SecretReference, parameter_of
from notifications.retry_after import retry_after_seconds
from notifications.secret_values import SecretValues
from processor.errors import Failure

# A fifth of what the whole institution may use.
SECONDS_BETWEEN: Final = 0.2
LONGEST_WAIT_SECONDS: Final = 2.0

# "Error Handling with APIs" and "Alma APIs", Ex Libris Developer Network. An error is JSON, or XML from the gateway.
_CODE: Final = re.compile(rb'(?:"errorCode"\s*:\s*"|<errorCode>)([A-Z0-9_]{1,40})["<]')
_NOT_FOUND: Final = "401861"
_THROTTLES: Final[Mapping[str, float]] = {"PER_SECOND_THRESHOLD": 1.0, "DAILY_THRESHOLD": 3600.0}
_UNAUTHORIZED: Final = "UNAUTHORIZED"

_TOKEN: Final = re.compile(r"[!-~]+")

# No topic can have this reference: its name is reserved.
_KEY: Final = SecretReference.model_construct(ssm=ALMA_API_KEY)


class HttpReader(Protocol):
    """Reads once, within one deadline."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the answer with any status. Raise Permanent (address not allowed), Transient, Unconfirmed."""


class AlmaUsers:
    """The users of an institution, at the host of its region. Without a host or an API key, Alma is not asked.

    Tests replace `wall` and `sleep`.
    """

    name = "Alma"
    kinds = frozenset({ContactKind.PHONE, ContactKind.EMAIL})

    def __init__(
        self,
        http: HttpReader,
        host: str,
        secrets: SecretValues,
        stage: str,
        pacing: Pacing,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._host = host
        self._secrets = secrets
        self._parameter = parameter_of(stage, ALMA_API_KEY)
        self._pacing = pacing
        self._destination = f"alma {host}"
        self._wall = wall
        self._sleep = sleep

    def find(self, person: Person) -> Contact:
        """Ask Alma once. Raise Permanent (refused), Transient, Throttled; no reason has the person's id."""
        if not self._host:
            return Contact(note="Alma was not asked, because AlmaApiHost is empty")
        key = self._secrets.optional(_KEY)
        if key is None:
            return Contact(note=f"Alma was not asked, because the parameter {self._parameter} does not exist")
        if not _TOKEN.fullmatch(key):
            raise Permanent("refused", f"the parameter {self._parameter} does not have the form of an API key")
        if not person.user.strip("."):
            return Contact(note="Alma does not have the person")  # a path would mean another resource
        self._wait()
        response = self._asked(person, key)
        if response.status == 200:
            return self._contact(json_members(response.body))
        if (code := _code_of(response)) == _NOT_FOUND:
            return Contact(note="Alma does not have the person")
        raise self._failure(response, code)

    def _wait(self) -> None:
        """Wait for a slot. Raise Paced while look-ups pause: nothing is reserved then, because nothing would use it."""
        if (seconds := self._pacing.free_at(self._destination) - self._wall()) > LONGEST_WAIT_SECONDS:
            raise Paced("look-ups of people in Alma pause", seconds)
        self._sleep(max(0.0, self._pacing.reserve(self._destination, SECONDS_BETWEEN) - self._wall()))

    def _asked(self, person: Person, key: str) -> HttpResponse:
        url = f"https://{self._host}/almaws/v1/users/{quote(person.user, safe='')}"
        headers = {"Authorization": f"apikey {key}", "Accept": "application/json"}
        try:
            return self._http.get(HttpRequest(url, b"", headers))
        except Unconfirmed as failure:  # reading twice changes nothing
            raise Transient("transient", failure.reason) from None

    def _contact(self, user: Mapping[str, Any]) -> Contact:
        if not isinstance(user.get("primary_id"), str):
            raise Transient("transient", f"{self._host} answered 200, but not in the form of Alma.")
        found = user.get("contact_info")
        info = found if isinstance(found, dict) else {}
        texts = {
            ContactKind.PHONE: _preferred(info.get("phone"), "preferred_sms", "phone_number"),
            ContactKind.EMAIL: _preferred(info.get("email"), "preferred", "email_address"),
        }
        return Contact({kind: text for kind, text in texts.items() if text})

    def _failure(self, response: HttpResponse, code: str) -> Failure:
        if code == _UNAUTHORIZED or response.status in {401, 403}:
            self._secrets.refused([_KEY])
            reason = f"{self._host} answered {response.status}: the API key {self._parameter} is not valid, or it may "
            return Permanent("refused", f"{reason}not read users.")
        if code in _THROTTLES or response.status == 429:
            given = retry_after_seconds(response.headers.get("retry-after"), wall=self._wall())
            seconds = max(given or 0.0, _THROTTLES.get(code, 1.0))
            with suppress(Transient):  # the others find out by themselves
                self._pacing.pause(self._destination, seconds)
            return Throttled(f"{self._host} answered {response.status}: too many requests.", seconds)
        failure = failure_by_status(response, self._host, wall=self._wall())
        return Transient("transient", failure.reason) if isinstance(failure, Unconfirmed) else failure


def _code_of(response: HttpResponse) -> str:
    found = _CODE.search(response.body)
    return found[1].decode() if found else ""


def _preferred(entries: Any, mark: str, member: str) -> str:
    """Return the member of the first entry with the mark, or an empty text. No other entry is taken instead."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and str(entry.get(mark)).lower() == "true":
            text = entry.get(member)
            return text.strip() if isinstance(text, str) else ""
    return ""
