"""Parses bodies into events. An unknown action or a field of an unexpected type is never an error.

Actions and events: "Webhooks", Ex Libris Developer Network. Routes see `Event.fields`, the body's own members.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PrivateAttr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from processor.alma import json_body, xml_body
from processor.errors import Permanent

# Old USER bodies have no event; their webhook_user has the method.
_EVENT_OF_METHOD = {"CREATE": "USER_CREATED", "UPDATE": "USER_UPDATED", "DELETE": "USER_DELETED"}


def _none_if_unfit(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


def _value_alone(value: Any) -> Any:
    return value if isinstance(value, dict) else {"value": value}


_Tolerant = WrapValidator(_none_if_unfit)
Text = Annotated[str | None, _Tolerant]


class _AlmaObject(BaseModel):
    """Frozen; a number where text is expected becomes text, and other values that do not fit their type are None."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    def __repr__(self) -> str:
        """Return the class only, because logs must not show what patrons do."""
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class CodeValue(_AlmaObject):
    """A code, `{"value": "LOAN_CREATED", "desc": "Loan created"}`; a plain string is the code."""

    value: Text = None


Code = Annotated[CodeValue | None, BeforeValidator(_value_alone), _Tolerant]


class Event(_AlmaObject):
    """The members that every event has. `fields` are the body's members, with `action` in upper case."""

    action: str
    id: Text = None
    institution: Code = None
    time: Text = None
    event: Code = None
    _fields: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body for routes, templates and attributes; an old USER body has its event added."""
        return self._fields

    @property
    def event_value(self) -> str:
        """The code of the event (`LOAN_CREATED`); empty if Alma sends none, as for JOB_END."""
        return (self.event and self.event.value) or ""

    @property
    def institution_code(self) -> str:
        """The code of the institution (`01EXAMPLE_INST`); empty if absent."""
        return (self.institution and self.institution.value) or ""


def parse(body: bytes) -> Event:
    """Return the event in a body. Raise Permanent (not-parsed), which quotes nothing of the body."""
    try:
        members = xml_body.read(body) if xml_body.looks_like_xml(body) else json_body.read(body)
    except (json_body.NotJson, xml_body.NotXml) as error:
        raise Permanent("not-parsed", str(error)) from None
    if not isinstance(members, dict) or not isinstance(members.get("action"), str):
        raise Permanent("not-parsed", "The body has no member action, or it is not text.", field="action")
    fields = _with_event({**members, "action": members["action"].upper()})
    event = Event.model_validate(fields)
    event._fields = fields
    return event


def _with_event(fields: dict[str, Any]) -> dict[str, Any]:
    if fields["action"] != "USER":
        return fields
    user, event = fields.get("webhook_user"), fields.get("event")
    event = event if isinstance(event, dict) else {}
    method = user.get("method") if isinstance(user, dict) else None
    value = _EVENT_OF_METHOD.get(method.upper()) if isinstance(method, str) else None
    return fields if event.get("value") or value is None else {**fields, "event": {**event, "value": value}}
