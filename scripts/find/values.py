"""Walk through the values of an event, a notification or a log line, with the path of each. Pure: calls no AWS."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from processor.alma import json_body, xml_body
from scripts.cli.plural import plural

# The form of member names in events and log lines; any other name may be data.
_NAME: Final = re.compile(r"[a-z][a-z_]{0,62}[0-9]?")


def values_of(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of each text and number. List elements have the path of the list.

    A name that may be data is replaced by its length.
    """
    if isinstance(data, Mapping):
        for name, member in data.items():
            shown = name if _NAME.fullmatch(name) else f"<name of {plural(len(name), 'character')}>"
            yield from values_of(member, f"{path}.{shown}" if path else shown)
    elif isinstance(data, list):
        for element in data:
            yield from values_of(element, path)
    elif data is not None and not isinstance(data, bool):
        yield path, data


def members_of_body(body: bytes) -> Any | None:
    """Return the members of an event in JSON or XML, or None if the body is neither."""
    try:
        return xml_body.read(body) if xml_body.looks_like_xml(body) else json_body.read(body)
    except (json_body.NotJson, xml_body.NotXml, MemoryError, RecursionError):
        return None


def members_of_input(text: str) -> Any | None:
    """Return the members of the input of an execution, or None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
