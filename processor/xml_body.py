"""Reads a body as XML, by Ex Libris' own convention, into what JSON would hold. Fetches nothing; expands no entity.

No public sample of a webhook in XML exists. This is assumed, from the two forms of one object in the REST API ("Rest
Job Instance" and its kin, Ex Libris Developer Network): the root's children are the members; an element with attributes
is an object of them and `value`; an empty element is null; an element that comes several times is a list; the wrappers
`alerts` and `counters` are not there in JSON; a bib's `record` is MARCXML, kept as text in `anies`. Values are text.
"""

import io
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from processor.json_body import MAX_DEPTH

ADVICE = "set the format of Alma's webhook profile to JSON"

_WRAPPERS = frozenset({"alerts", "counters"})
_ALWAYS_LISTS = frozenset({"alert", "counter", "network_number", "anies"})


class NotXml(ValueError):  # noqa: N818 - what the body is, not what went wrong in our code
    """The body is not the XML that we accept; the text says why and gives advice, and quotes nothing of the body."""


def looks_like_xml(body: bytes) -> bool:
    """Whether a body begins as XML does, after white space and a byte order mark."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read(body: bytes) -> dict[str, Any]:
    """The members of the root element. Raises NotXml: for what is no XML, has a DTD or entities, or is too deep."""
    try:
        root = _parsed(body)
    except NotXml:
        raise
    except ParseError as error:
        line, column = error.position
        raise NotXml(f"The body is not XML at line {line}, column {column}; {ADVICE}.") from None
    except DefusedXmlException:
        raise NotXml(f"The body is XML with a DTD or entities, which are not read; {ADVICE}.") from None
    except (LookupError, ValueError):
        raise NotXml(f"The body is XML in an encoding that is not read; {ADVICE}.") from None
    members = _value(root)
    if not isinstance(members, dict):
        raise NotXml(f"The body is XML without members; {ADVICE}.")
    return members


def _parsed(body: bytes) -> Element:
    depth = 0
    root: Element | None = None
    for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        root = element if root is None else root
        if depth > MAX_DEPTH:
            raise NotXml(f"The body is XML nested deeper than {MAX_DEPTH} levels; {ADVICE}.")
    if root is None:
        raise NotXml(f"The body is not XML; {ADVICE}.")
    return root


def _value(element: Element) -> Any:
    if len(element):
        return {**element.attrib, **_members(element)}
    text = element.text if element.text and element.text.strip() else None
    return {"value": text, **element.attrib} if element.attrib else text


def _members(parent: Element) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for name, value in _named_values(parent):
        values.setdefault(name, []).append(value)
    return {name: found if len(found) > 1 or name in _ALWAYS_LISTS else found[0] for name, found in values.items()}


def _named_values(parent: Element) -> Iterator[tuple[str, Any]]:
    for child in parent:
        name = _local(child)
        if name in _WRAPPERS:
            yield from ((_local(grandchild), _value(grandchild)) for grandchild in child)
        elif name == "record" and _local(parent) == "bib":
            child.tail = None
            yield "anies", tostring(child, encoding="unicode")
        else:
            yield name, _value(child)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
