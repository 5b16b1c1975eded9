"""Generates events that XML can say as well as JSON, and styles of XML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from processor.alma.json_body import MAX_DEPTH
from tests.fuzz.bodies import NEAR_EVENTS
from tests.samples import EVENTS
from tests.xml_twin import XmlStyle, plural_of

_SAMPLES = [json.loads(path.read_text("utf-8")) for path in sorted(EVENTS.glob("*.json"))]
_NAME = re.compile(r"(?!xml|record$)[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Numbers and flags of Alma that XML has as text; no route of the tests compares their type.
_TYPED = frozenset({"progress", "place_in_queue", "renewable"})


def _codes(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the codes in a sample, as names of their parent and of themselves."""
    for inner, member in value.items() if isinstance(value, dict) else ():
        for element in member if isinstance(member, list) else [member]:
            if isinstance(element, dict) and "value" in element and inner != "counter":
                yield name, inner
            yield from _codes(element, inner)


# A code of an object that the processor does not know, and its forms.
_UNKNOWN = [{"value": "MAIN"}, {"value": "MAIN", "desc": "Main Library"}, {"value": "LAW"}, None]
_CODES = frozenset({("portfolio", "library"), *(code for sample in _SAMPLES for code in _codes(sample))})


def _said(value: Any, name: str = "", parent: str = "") -> Any:
    """Return the nearest value that XML can say; None if there is none."""
    if isinstance(value, list):
        return [_said(element, name, parent) for element in _flat(value)] or None
    if isinstance(value, dict):
        return _said_object(value, name, parent)
    if value is not None and not (name in _TYPED and isinstance(value, bool | int)):
        value = _NOT_XML.sub("", str(value)).strip() or None
    return {"value": value} if value is not None and (parent, name) in _CODES else value


def _said_object(value: dict[str, Any], name: str, parent: str) -> Any:
    found = {one: _said(member, one, name) for one, member in value.items() if _NAME.fullmatch(one)}
    if "value" in found:  # an absent attribute of XML can be null or absent in JSON
        found = {one: member for one, member in found.items() if member is not None}
    if found.keys() == {"value"} and not isinstance(found["value"], dict | list) and (parent, name) not in _CODES:
        return found["value"]  # a code without a description, in a place for texts
    return None if [plural_of(one) for one in found] == [name] else found or None


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, list) else [value]


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


TWIN_EVENTS = st.builds(
    lambda event, code: {**event, "portfolio": {"library": code}} if code else event,
    NEAR_EVENTS.filter(lambda event: _depth(event) < MAX_DEPTH // 2)
    .map(_said)
    .filter(lambda event: isinstance(event, dict)),
    st.sampled_from(_UNKNOWN),
)
XML_STYLES = st.builds(
    XmlStyle,
    label=st.sampled_from(["UTF-8", "UTF-16", "utf8", "ISO-8859-1"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    attributes=st.sampled_from(["", ' xsi:nil="false"', ' xmlns:xsi="urn:x" xsi:type="xs:string"', ' xmlns="urn:a"']),
    space=st.sampled_from(["", "\n  "]),
)
