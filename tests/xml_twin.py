"""Writes an event of JSON as Alma writes it in XML, and reduces members to what both formats can say (docs/xml.md)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class XmlStyle:
    """What may differ between two XML bodies of one event.

    `attributes` are on every element, `space` is before every element.
    """

    label: str = "UTF-8"
    encoding: str = "utf-8"
    attributes: str = ""
    space: str = ""


def xml_twin(event: Mapping[str, Any], style: XmlStyle = XmlStyle()) -> bytes:
    """Return the event as XML. Empty lists are left out."""
    declaration = f'<?xml version="1.0" encoding="{style.label}" standalone="yes"?>'
    return f"{declaration}{_element('webhook', event, style)}".encode(style.encoding)


def in_both(value: Any) -> Any:
    """Return a value without what XML cannot say: types, null or absent or empty, and a code or its value alone."""
    if isinstance(value, list):
        return [in_both(element) for element in value] or None
    if isinstance(value, Mapping):
        members = {name: found for name, member in value.items() if (found := in_both(member)) is not None}
        return members["value"] if members.keys() == {"value"} else members or None
    return _text(value).strip() or None


def plural_of(name: str) -> str:
    """Return the name of the element around a list."""
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def _element(name: str, value: Any, style: XmlStyle) -> str:
    if isinstance(value, list):
        elements = "".join(_element(name, element, style) for element in value)
        return elements and _tag(plural_of(name), elements, "", style)
    if not isinstance(value, Mapping):
        return _tag(name, _escaped(value), "", style)
    if "value" in value and not any(isinstance(member, Mapping | list) for member in value.values()):
        found = {name: _text(member) for name, member in value.items() if name != "value" and member is not None}
        attributes = "".join(f" {name}={quoteattr(text)}" for name, text in found.items())
        return _tag(name, _escaped(value["value"]), attributes, style)
    return _tag(name, "".join(_element(one, member, style) for one, member in value.items()), "", style)


def _tag(name: str, content: str, attributes: str, style: XmlStyle) -> str:
    return f"{style.space}<{name}{style.attributes}{attributes}>{content}</{name}>"


def _escaped(value: Any) -> str:
    return escape(_text(value), {"\r": "&#13;"})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
