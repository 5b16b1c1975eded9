"""Describe the body of a dead letter for display: its members, or the kind of its bytes. Redacted by default.

Redaction shows the structure, and only the values that are listed here: members that help to find out what happened and
why it failed, which are codes, times, the name of a job, numbers. Persons and titles are not, and neither is any member
that Alma adds later.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from processor.alma import json_body, xml_body
from processor.codes import is_code
from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.dead_letters.reader import TOO_LARGE, ReadDeadLetter

_JOB = "id external_id name submit_time start_time end_time status_date progress status.value alert.value"
_JOB += " counter.type.value counter.value job_info.id job_info.name job_info.type.value job_info.category.value"
_LOAN = "loan_status process_status loan_date due_date renewable library.value circ_desk.value return_circ_desk.value"
_LOAN += " location_code.value item_policy.value last_renew_status.value"
_REQUEST = "request_type request_status request_date pickup_location_type pickup_location_library place_in_queue"
_BIB = "record_format created_date last_modified_date suppress_from_publishing suppress_from_external_search"
_ITEM = "library.value location.value policy.value base_status.value process_type.value physical_material_type.value"

_OBJECTS: Final = {
    "": "id action time event.value institution.value",
    "job_instance.": _JOB,
    "item_loan.": _LOAN,
    "user_request.": _REQUEST + " material_type.value",
    "webhook_user.": "method cause",
    "bib.": _BIB,
    "item.item_data.": _ITEM + " creation_date modification_date",
}

SHOWN: Final = frozenset(prefix + name for prefix, names in _OBJECTS.items() for name in names.split())
"""Paths of the members whose values are shown; list elements have the path of the list."""

_NOTIFICATION: Final = frozenset(
    ("identity", "topic", "summary_due", "configuration.name", "configuration.credentials.type")
)
"""The same of a notification. Also shown are the names of secrets, which a configuration never contains itself."""

_REFERENCE: Final = re.compile(r"configuration\.credentials\.[a-z_]+\.ssm")
_PARAMETER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

_CODES: Final = frozenset({"action", "event.value", "institution.value"})
_FREE: Final = frozenset({"job_instance.name", "job_instance.job_info.name"})
_NUMBERS: Final = frozenset({"job_instance.counter.value", "job_instance.progress"})

_CODE: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,100}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
# The form of Alma's member names; any other name may be data.
_NAME: Final = re.compile(r"[a-z][a-z_]{0,62}[0-9]?")
_LONGEST_JOB_NAME: Final = 200


IsShown = Callable[[str], bool]
"""Whether values at this path are shown."""


def is_shown_of_event(path: str) -> bool:
    """Return whether the values of an event at this path are shown."""
    return path in SHOWN


def is_shown_of_notification(path: str) -> bool:
    """Return whether the values of a notification at this path are shown: no text and no recipient."""
    return path in _NOTIFICATION or bool(_REFERENCE.fullmatch(path))


def redacted(value: Any, path: str = "", is_shown: IsShown = is_shown_of_event) -> Any:
    """Return the JSON value with hidden values replaced by their type and length in angle brackets."""
    if isinstance(value, Mapping):
        named = enumerate(value.items(), start=1)
        return {_name(name, number): redacted(member, _below(path, name), is_shown) for number, (name, member) in named}
    if isinstance(value, list):
        return [redacted(element, path, is_shown) for element in value]
    return value if value is None or (is_shown(path) and _is_safe(value, path)) else _placeholder(value)


def _is_safe(value: Any, path: str) -> bool:
    """Return whether the value has the form expected at this path: a sentence in place of a code may be anything."""
    text = str(value)
    if path in _CODES:
        return is_code(text)
    if path in _NUMBERS:
        return bool(_NUMBER.fullmatch(text))
    if _REFERENCE.fullmatch(path):
        return bool(_PARAMETER.fullmatch(text))
    if path in _FREE:
        return len(text) <= _LONGEST_JOB_NAME
    return isinstance(value, bool) or bool(_CODE.fullmatch(text))


def _placeholder(value: Any) -> str:
    if isinstance(value, str):
        return f"<text of {plural(len(value), 'character')}>"
    return "<true or false>" if isinstance(value, bool) else "<number>"


def _name(name: str, number: int) -> str:
    return name if _NAME.fullmatch(name) else f"<name {number}, of {plural(len(name), 'character')}>"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_KINDS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF document"),
    (b"{", "like a JSON object"),
    (b"[", "like a JSON array"),
    (b"<", "like XML"),
)

_HEX_BYTES: Final = 32  # a line


def content_of(read: ReadDeadLetter, *, show_body: bool, is_shown: IsShown = is_shown_of_event) -> Data:
    """Return the content of a dead letter as JSON data; of the queued message if its envelope cannot be read.

    It has the length in bytes, the SHA-256 (hex), the format (JSON, XML, or a guess from the first bytes), and the
    `members` or the `problem` why there are none. `raw` is a body without members, as text or as hex; None unless the
    whole body is shown.
    """
    body = read.envelope.body if read.envelope else read.dead_letter.body.encode("utf-8", "surrogatepass")
    content = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "format": "", "redacted": not show_body}
    is_xml = xml_body.looks_like_xml(body)
    try:
        members = xml_body.read(body) if is_xml else json_body.read(body)
        shown = members if show_body else redacted(members, is_shown=is_shown)
    except (json_body.NotJson, xml_body.NotXml, MemoryError, RecursionError) as error:
        reason = TOO_LARGE if isinstance(error, (MemoryError, RecursionError)) else str(error)
        problem, raw = read.problem or reason, _raw(body) if show_body else None
        return content | {"format": _kind(body), "problem": problem or None, "members": None, "raw": raw}
    facts = {"format": "XML" if is_xml else "JSON", "problem": read.problem or None}
    return content | facts | {"members": shown, "raw": None}


def _kind(body: bytes) -> str:
    trimmed = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, kind in _KINDS:
        if trimmed.startswith(beginning):
            return kind
    return "bytes" if _text(body) is None else "text"


def _raw(body: bytes) -> str:
    text = _text(body)
    if text is not None:
        return text
    return "\n".join(body[begin : begin + _HEX_BYTES].hex(" ", 4) for begin in range(0, len(body), _HEX_BYTES))


def _text(body: bytes) -> str | None:
    """Return the body as text; None if it is not UTF-8, or has a NUL, as binary data does."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
