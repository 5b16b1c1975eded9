"""Reads a body as XML, by Ex Libris' own convention, into what JSON would hold. Fetches nothing; expands no entity.

No public sample of a webhook in XML exists. What is assumed, from the two forms of one object in the REST API ("Rest
Job Instance" and its kin, Ex Libris Developer Network), stands in docs/xml.md.
"""

import io
from collections.abc import Set
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from processor.json_body import MAX_DEPTH

ADVICE = "set the format of Alma's webhook profile to JSON"

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_BYTE_ORDER_MARKS_OF_UTF_16 = (b"\xff\xfe<", b"\xfe\xff\x00<")

# Members that are lists in JSON even when there is one.
_ALWAYS_LISTS = frozenset({"alert", "counter", "network_number", "anies"})

# Members that are {"value", "desc"} in JSON, by the element that they stand in ("" is the root): in XML one without a
# description is bare text.
_CODES = {
    "": {"event", "institution"},
    "job_instance": {"status", "submitted_by"},
    "job_info": {"type", "category"},
    "counter": {"type"},
    "item_loan": {"library", "circ_desk", "return_circ_desk", "returned_by", "location_code", "item_policy"}
    | {"request_id", "last_renew_status"},
    "user_request": {"material_type"},
    "user": {"record_type", "status", "user_group", "account_type", "gender", "user_title", "preferred_language"},
    "bib": {"linked_record_id", "brief_level", "cataloging_level", "holdings"},
    "item_data": {"library", "location", "policy", "base_status", "process_type", "physical_material_type"},
}


class NotXml(ValueError):  # noqa: N818 - what the body is, not what went wrong in our code
    """The body is not the XML that we accept; the text says why and gives advice, and quotes nothing of the body."""


def looks_like_xml(body: bytes) -> bool:
    """Whether a body begins as XML does, after white space and a byte order mark."""
    return _trimmed(body).startswith((b"<", *_BYTE_ORDER_MARKS_OF_UTF_16))


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
    if not len(root):
        raise NotXml(f"The body is XML without members; {ADVICE}.")
    return _members(root, _CODES[""])


def _parsed(body: bytes) -> Element:
    depth = 0
    root: Element | None = None
    for event, element in iterparse(io.BytesIO(_trimmed(body)), events=("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        root = element if root is None else root
        if depth > MAX_DEPTH:
            raise NotXml(f"The body is XML nested deeper than {MAX_DEPTH} levels; {ADVICE}.")
    if root is None:
        raise NotXml(f"The body is not XML; {ADVICE}.")
    return root


def _trimmed(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()


def _value(element: Element) -> Any:
    attributes = {_local(name): value for name, value in element.attrib.items() if name != _NIL}
    if len(element):
        return {**attributes, **_members(element, _CODES.get(_local(element.tag), frozenset()))}
    text = (element.text or "").strip() or None
    return {**attributes, "value": text} if attributes else text


def _members(parent: Element, codes: Set[str]) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    lists = set(_ALWAYS_LISTS)
    for child in parent:
        name = _local(child.tag)
        if inner := _wrapped(child):
            lists.add(inner)
            values.setdefault(inner, []).extend(_value(grandchild) for grandchild in child)
        elif name == "record" and _local(parent.tag) == "bib":
            child.tail = None
            values.setdefault("anies", []).append(tostring(child, encoding="unicode"))
        else:
            value = _value(child)
            is_bare = name in codes and not isinstance(value, dict) and value is not None
            values.setdefault(name, []).append({"value": value} if is_bare else value)
    return {name: found if len(found) > 1 or name in lists else found[0] for name, found in values.items()}


def _wrapped(element: Element) -> str:
    """The name of the elements that this one only wraps (`counters` holds nothing but `counter`), else nothing."""
    names = {_local(child.tag) for child in element}
    if len(names) != 1 or element.attrib:
        return ""
    [name] = names
    return name if _local(element.tag) in (f"{name}s", f"{name}es") else ""


def _local(name: str) -> str:
    return name.rpartition("}")[2]
