"""Reads an XML body into the members that JSON would have. Fetches nothing; expands no entity.

No public sample of a webhook in XML exists. The assumptions, taken from objects that the REST API has in both forms
("Rest Job Instance" and others, Ex Libris Developer Network), are in docs/xml.md.
"""

from typing import Any
from xml.sax import SAXParseException

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from processor.alma.json_body import MAX_DEPTH
from processor.alma.xml_members import MembersHandler, TooDeepError

ADVICE = "set the format of Alma's webhook profile to JSON"

_BYTE_ORDER_MARKS_OF_UTF_16 = (b"\xff\xfe<", b"\xfe\xff\x00<")


class NotXml(ValueError):  # noqa: N818 - what the body is, not what went wrong in our code
    """The body is not the XML that we accept; the text says why, gives advice and quotes nothing of the body."""


def looks_like_xml(body: bytes) -> bool:
    """Return whether a body starts like XML, after white space and a byte order mark."""
    return _trimmed(body).startswith((b"<", *_BYTE_ORDER_MARKS_OF_UTF_16))


def read(body: bytes) -> dict[str, Any]:
    """Return the members of the root element. Raise NotXml for other text, a DTD, entities, and too many levels.

    Memory is bounded by a constant times the body's size, with any namespaces.
    """
    try:
        members = _parsed(body)
    except SAXParseException as error:
        where = f"line {error.getLineNumber()}, column {error.getColumnNumber()}"
        raise NotXml(f"The body is not valid XML at {where}; {ADVICE}.") from None
    except DefusedXmlException:
        raise NotXml(f"The body is XML with a DTD or entities, which are not supported; {ADVICE}.") from None
    except TooDeepError:
        raise NotXml(f"The body is XML nested deeper than {MAX_DEPTH} levels; {ADVICE}.") from None
    except (LookupError, ValueError):
        raise NotXml(f"The body is XML in an encoding that is not supported; {ADVICE}.") from None
    if not members:
        raise NotXml(f"The body is XML without members; {ADVICE}.")
    return members


def _parsed(body: bytes) -> dict[str, Any]:
    handler = MembersHandler(MAX_DEPTH)
    # Names stay as written: a namespace-aware parser would repeat the URI before each name.
    parser = DefusedExpatParser(namespaceHandling=0, forbid_dtd=True)
    parser.setContentHandler(handler)
    parser.feed(
        _trimmed(body)
    )  # in one piece: expat would read a token that arrives in pieces from its start each time
    parser.close()
    return handler.members


def _trimmed(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()
