"""Reads an XML body into the members that JSON would have. Fetches nothing; expands no entity.

No public sample of a webhook in XML exists. The assumptions, taken from objects that the REST API has in both forms
("Rest Job Instance" and others, Ex Libris Developer Network), are in docs/xml.md.
"""

from typing import Any, Final
from xml.sax import SAXParseException

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from processor.alma.json_body import MAX_DEPTH
from processor.alma.xml_members import MembersHandler, TooDeepError

ADVICE = "set the format of Alma's webhook profile to JSON"

# The first bytes of XML in UTF-16 ("Autodetection of Character Encodings", XML 1.0, appendix F).
_BEGINNINGS: Final = (
    (b"\xff\xfe<\x00", "utf-16"),
    (b"\xfe\xff\x00<", "utf-16"),
    (b"<\x00", "utf-16le"),
    (b"\x00<", "utf-16be"),
)


class NotXml(ValueError):  # noqa: N818 - what the body is, not what went wrong in our code
    """The body is not the XML that we accept; the text says why, gives advice and quotes nothing of the body."""


def looks_like_xml(body: bytes) -> bool:
    """Return whether a body starts like XML, after white space and a byte order mark."""
    return _trimmed(body).startswith((b"<", *(beginning for beginning, _ in _BEGINNINGS)))


def read(body: bytes) -> dict[str, Any]:
    """Return the members of the root element. Raise NotXml for other text, a DTD, entities, and too many levels.

    The bytes decide the encoding, and its declaration only where they leave it open: Alma labels UTF-8 as UTF-16.
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
    # In one piece: expat would read a token that arrives in pieces from its start each time.
    parser.feed(_decoded(_trimmed(body)))
    parser.close()
    return handler.members


def _decoded(body: bytes) -> str | bytes:
    """Return the text of UTF-8 or UTF-16, for which expat ignores the declaration; other bytes as they are.

    Text in another encoding that is valid UTF-8 as well is ASCII, or makes no sense.
    """
    for beginning, encoding in _BEGINNINGS:
        if body.startswith(beginning):
            return body.decode(encoding)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def _trimmed(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()
