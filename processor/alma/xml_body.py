"""Reads a body as XML, by Ex Libris' own convention, into what JSON would hold. Fetches nothing; expands no entity.

No public sample of a webhook in XML exists. What is assumed, from the two forms of one object in the REST API ("Rest
Job Instance" and its kin, Ex Libris Developer Network), stands in docs/xml.md.
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
    """The body is not the XML that we accept; the text says why and gives advice, and quotes nothing of the body."""


def looks_like_xml(body: bytes) -> bool:
    """Whether a body begins as XML does, after white space and a byte order mark."""
    return _trimmed(body).startswith((b"<", *_BYTE_ORDER_MARKS_OF_UTF_16))


def read(body: bytes) -> dict[str, Any]:
    """Return the members of the root element. Raises NotXml: no XML, a DTD or entities, or nested too deep.

    Memory is at most a constant times the body's size, whatever namespaces it has.
    """
    try:
        members = _parsed(body)
    except SAXParseException as error:
        where = f"line {error.getLineNumber()}, column {error.getColumnNumber()}"
        raise NotXml(f"The body is not XML at {where}; {ADVICE}.") from None
    except DefusedXmlException:
        raise NotXml(f"The body is XML with a DTD or entities, which are not read; {ADVICE}.") from None
    except TooDeepError:
        raise NotXml(f"The body is XML nested deeper than {MAX_DEPTH} levels; {ADVICE}.") from None
    except (LookupError, ValueError):
        raise NotXml(f"The body is XML in an encoding that is not read; {ADVICE}.") from None
    if not members:
        raise NotXml(f"The body is XML without members; {ADVICE}.")
    return members


def _parsed(body: bytes) -> dict[str, Any]:
    handler = MembersHandler(MAX_DEPTH)
    # Names come as they are written: a parser of namespaces puts the URI before each name anew.
    parser = DefusedExpatParser(namespaceHandling=0, forbid_dtd=True)
    parser.setContentHandler(handler)
    parser.feed(_trimmed(body))  # at once: of a token that comes in pieces, each piece is read from the token's start
    parser.close()
    return handler.members


def _trimmed(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()
