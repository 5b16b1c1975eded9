"""Parse one record that was cut out, and read what every transform needs of it."""

import re
from typing import Final, Literal
from xml.etree import ElementTree as ET
from xml.parsers.expat import ErrorString

from pymarc import Field, Indicators, Leader, Record, Subfield
from pymarc.exceptions import RecordLeaderInvalid

from export_transform.markup import namespaces_in
from export_transform.record_cutter import MARC, MOST_NAMESPACE
from export_transform.records import CutRecord, Reason, Reject, readable_control_number

Status = Literal["new", "updated", "deleted", "other"]
"""What a record's leader says of it, position 5: n is new, c is corrected or revised, d is deleted."""

_STATUSES: Final[dict[str, Status]] = {"n": "new", "c": "updated", "d": "deleted"}
_STATUS_AT: Final = 5
_DELETED: Final = "d"
_CONTROL_NUMBER: Final = "001"
_TAG_LENGTH: Final = 3
_MOST_NAME: Final = 64  # characters of an element's name in the file of rejects

_END: Final = b"</_>"  # of the context
_NAMESPACE: Final = f"{{{MARC.decode()}}}"
_KINDS: Final = {prefix + name: name for prefix in ("", _NAMESPACE) for name in ("leader", "controlfield", "datafield")}
_SUBFIELD: Final = frozenset(prefix + "subfield" for prefix in ("", _NAMESPACE))
_HEADER: Final = "header"
_DELETED_LEADER: Final = "     dam a22     4a 4500"
_CONTROL_CHARACTER: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BAD_CHARACTER_REFERENCE: Final = 14  # XML_ERROR_BAD_CHAR_REF of expat


class _InvalidRecordError(Exception):
    """A record cannot be used, for one of the reasons."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


def parse(cut: CutRecord) -> Record | Reject:
    """Return the record, or why it cannot be parsed.

    A record that OAI says is deleted has `d` in its leader. If there was only its header, the record has
    the field 001 alone, with the last part of the OAI identifier.
    """
    try:
        element = _element(cut)
        record = _from_header(element) if _local(element) == _HEADER else _from_element(element)
    except _InvalidRecordError as error:
        return Reject(cut.position, error.reason, readable_control_number(cut.data), error.detail)
    if cut.is_deleted:
        record.leader.record_status = _DELETED
    return record


def status_of(record: Record) -> Status:
    """Return the status of a record by its leader."""
    return _STATUSES.get(record.leader[_STATUS_AT], "other")


def control_number(record: Record) -> str:
    """Return the content of the field 001, without white space around it. Raise KeyError if there is none."""
    return (record[_CONTROL_NUMBER].data or "").strip()


def _element(cut: CutRecord) -> ET.Element:
    if any(len(namespace) > MOST_NAMESPACE for namespace in namespaces_in(cut.data)):
        raise _InvalidRecordError("too-large", "namespace")
    try:
        [element] = ET.fromstring(cut.context + cut.data + _END)  # noqa: S314 -- no DOCTYPE can follow a tag
    except ET.ParseError as error:
        raise _InvalidRecordError(_why(cut.data, error.code), ErrorString(error.code)) from None
    return element


def _why(data: bytes, code: int) -> Reason:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "not-utf-8"
    is_character = code == _BAD_CHARACTER_REFERENCE or _CONTROL_CHARACTER.search(data)
    return "control-character" if is_character else "not-well-formed"


def _from_element(element: ET.Element) -> Record:
    record, leader = Record(), None
    for child in element:
        kind = _KINDS.get(child.tag)
        if kind == "datafield":
            record.fields.append(_data_field(child))
        elif kind == "controlfield":
            record.fields.append(_control_field(child))
        elif kind == "leader":
            leader = _text(child)
        else:
            raise _unknown(child)
    if leader is None:
        raise _InvalidRecordError("no-leader")
    try:
        record.leader = Leader(leader)
    except RecordLeaderInvalid:
        raise _InvalidRecordError("bad-leader") from None
    if _CONTROL_NUMBER not in record or not control_number(record):
        raise _InvalidRecordError("no-control-number")
    return record


def _control_field(element: ET.Element) -> Field:
    field = Field(_tag(element))
    field.data = _text(element)
    return field


def _data_field(element: ET.Element) -> Field:
    subfields = []
    for child in element:
        if child.tag not in _SUBFIELD:
            raise _unknown(child)
        code = child.get("code")
        if not code:
            raise _InvalidRecordError("bad-field", "subfield without code")
        subfields.append(Subfield(code, _text(child)))
    field = Field(_tag(element), Indicators(element.get("ind1", " "), element.get("ind2", " ")), subfields)
    if field.control_field:
        raise _InvalidRecordError("bad-field", "datafield with the tag of a control field")
    return field


def _text(element: ET.Element) -> str:
    """Return the text. What follows an element inside of it would be lost."""
    if len(element):
        raise _unknown(element[0])
    return element.text or ""


def _tag(element: ET.Element) -> str:
    tag = element.get("tag", "")
    if len(tag) != _TAG_LENGTH:
        raise _InvalidRecordError("bad-field", f"{_local(element)} without a tag of {_TAG_LENGTH} characters")
    return tag


def _unknown(element: ET.Element) -> _InvalidRecordError:
    is_foreign = element.tag.startswith("{") and not element.tag.startswith(_NAMESPACE)
    return _InvalidRecordError("wrong-namespace" if is_foreign else "bad-field", _local(element))


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2][:_MOST_NAME]


def _from_header(header: ET.Element) -> Record:
    identifiers = [child.text or "" for child in header if _local(child) == "identifier"]
    number = identifiers[0].rpartition(":")[2].strip() if identifiers else ""
    if not number:
        raise _InvalidRecordError("no-control-number")
    return Record(leader=_DELETED_LEADER, fields=[Field(_CONTROL_NUMBER, data=number)])
