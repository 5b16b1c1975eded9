"""Builds the members of an XML body while it is parsed, as JSON would have them. The rules are in docs/xml.md.

They follow the XSDs of the Alma REST API ("rest_job_instance.xsd" and others, Ex Libris Developer Network): a list has
an element of its own around it, named in the plural, a code is text with an attribute, and no attribute has a prefix.
Namespace URIs and the tree of elements are not kept, because either may be far larger than the body.
"""

from collections.abc import Set
from typing import Any, Final
from xml.etree.ElementTree import TreeBuilder, tostring
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

# The only list without an element around it: the MARCXML records of a bib.
_RECORDS: Final = "anies"

# Codes by their parent element ("" is the root). Routes read any text as a code too, but a target that gets the members
# as JSON needs the form of a code also if Alma has no description of it.
_CODES: Final[dict[str, Set[str]]] = {
    "": {"event", "institution"},
    "job_instance": {"alert", "status", "submitted_by"},
    "job_info": {"type", "category"},
    "counter": {"type"},
    "item_loan": {"library", "circ_desk", "return_circ_desk", "returned_by", "location_code", "item_policy"}
    | {"request_id", "last_renew_status"},
    "user_request": {"material_type"},
    "user": {"record_type", "status", "user_group", "account_type", "gender", "user_title", "preferred_language"}
    | {"campus_code", "cataloger_level", "job_category"},
    "user_identifier": {"id_type"},
    "bib": {"linked_record_id", "brief_level", "cataloging_level", "holdings"},
    "holding_data": {"temp_library", "temp_location", "temp_policy", "call_number_type", "temp_call_number_type"},
    "item_data": {"library", "location", "policy", "base_status", "process_type", "physical_material_type"}
    | {"provenance", "work_order_type", "work_order_at", "break_indicator", "pattern_type", "physical_condition"},
}


class TooDeepError(ValueError):
    """The elements are nested deeper than the limit."""


class TextOrCode(str):
    """The text of an element without attributes. If it is a code without a description, `value` is the code.

    XML writes `{"value": "BARCODE"}` and `"BARCODE"` alike.
    """

    __slots__ = ()

    @property
    def value(self) -> str:
        """The text."""
        return str(self)


class _Element:
    """An element: its attributes, its own text, and the names and values of its children in order."""

    __slots__ = ("attributes", "name", "names", "text", "values")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text: list[str] = []
        self.names: list[str] = []
        self.values: list[Any] = []

    @property
    def is_wrapper(self) -> bool:
        """Whether it only wraps its children, as `counters` has only `counter` in it."""
        if not self.names or self.attributes or not _is_plural(self.name, self.names[0]):
            return False
        return len(set(self.names)) == 1

    def add(self, name: str, value: Any) -> None:
        """Add a child: its value, or the element itself if it is a wrapper."""
        self.names.append(name)
        self.values.append(value)

    def value(self) -> Any:
        """Return the members of the element, or its text, with its attributes."""
        if self.names:
            return {**self.attributes, **self.members(self.name)}
        text = "".join(self.text).strip() or None
        if self.attributes:
            return {**self.attributes, "value": text}
        return text and TextOrCode(text)

    def members(self, coded_as: str) -> dict[str, Any]:
        """Return the children by name; `coded_as` is the key in `_CODES`."""
        codes = _CODES.get(coded_as, frozenset())
        values: dict[str, list[Any]] = {}
        lists: set[str] = set()
        for name, value in zip(self.names, self.values, strict=True):
            if isinstance(value, _Element):
                lists.add(value.names[0])
                values.setdefault(value.names[0], []).extend(map(_plain, value.values))
            elif name in values:
                values[name].append(value)
            else:
                values[name] = [value]
        for name in codes & values.keys():
            values[name] = [{"value": one.value} if isinstance(one, TextOrCode) else one for one in values[name]]
        return {name: found if len(found) > 1 or name in lists else found[0] for name, found in values.items()}


def _plain(value: Any) -> Any:
    return value.value() if isinstance(value, _Element) else value


class MembersHandler(ContentHandler):
    """Takes the parser's events. `members` is complete once the root has ended."""

    def __init__(self, max_depth: int) -> None:
        super().__init__()
        self.members: dict[str, Any] = {}
        self._max_depth = max_depth
        self._depth = 0
        self._open: list[_Element] = []
        self._record: TreeBuilder | None = None
        self._record_depth = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 -- SAX' name
        """Open an element. Raises TooDeepError."""
        self._depth += 1
        if self._depth > self._max_depth:
            raise TooDeepError
        local, attributes = _local(name), _attributes(attrs) if len(attrs) else {}
        if self._record is None and local == "record" and self._open and self._open[-1].name == "bib":
            self._record, self._record_depth = TreeBuilder(), self._depth
        if self._record is not None:
            self._record.start(local, attributes)
        else:
            self._open.append(_Element(local, attributes))

    def endElement(self, name: str) -> None:  # noqa: N802 -- SAX' name
        """Add the element to its parent. A bib's record is kept as text."""
        self._depth -= 1
        if self._record is not None:
            self._record.end(_local(name))
            if self._depth < self._record_depth:
                records = _Element(_RECORDS, {})
                records.add(_RECORDS, tostring(self._record.close(), encoding="unicode"))
                self._open[-1].add(_RECORDS, records)
                self._record = None
            return
        element = self._open.pop()
        if self._open:
            self._open[-1].add(element.name, element if element.is_wrapper else element.value())
        else:
            self.members = element.members("")

    def characters(self, content: str) -> None:
        """Keep text; drop text between the children of an element."""
        if self._record is not None:
            self._record.data(content)
        elif not self._open[-1].names:
            self._open[-1].text.append(content)


def _attributes(attrs: AttributesImpl) -> dict[str, str]:
    """Return the attributes without a prefix. Namespaces (`xmlns:`) and XML Schema (`xsi:nil`) are not Alma's."""
    return {name: value for name, value in attrs.items() if ":" not in name and name != "xmlns"}


def _is_plural(name: str, singular: str) -> bool:
    if singular.endswith("y") and name == f"{singular[:-1]}ies":
        return True
    return name in (f"{singular}s", f"{singular}es")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
