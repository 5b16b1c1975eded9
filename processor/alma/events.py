"""Parses bodies into events. An unknown action or a field of an unexpected type is never an error.

Actions and events: "Webhooks", Ex Libris Developer Network. Routes see `Event.fields`, the body's own members.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PrivateAttr

from processor.alma import json_body, xml_body
from processor.alma.objects import (
    AlmaObject,
    Bib,
    Code,
    Item,
    ItemLoan,
    JobInstance,
    Text,
    Tolerant,
    UserRequest,
    WebhookUser,
)
from processor.errors import Permanent

# Old USER bodies have no event; their webhook_user has the method.
_EVENT_OF_METHOD = {"CREATE": "USER_CREATED", "UPDATE": "USER_UPDATED", "DELETE": "USER_DELETED"}


class Event(AlmaObject):
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


class LoanEvent(Event):
    """A loan was created, renewed, returned, lost, claimed returned, or its due date changed."""

    item_loan: Annotated[ItemLoan | None, Tolerant] = None


class RequestEvent(Event):
    """A request was created, cancelled, closed or placed on the hold shelf."""

    user_request: Annotated[UserRequest | None, Tolerant] = None


class UserEvent(Event):
    """A user was created, changed or deleted by staff; changes through the API send no event."""

    webhook_user: Annotated[WebhookUser | None, Tolerant] = None


class BibEvent(Event):
    """A bibliographic record was created, changed or deleted. Availability is not part of it."""

    bib: Annotated[Bib | None, Tolerant] = None


class ItemEvent(Event):
    """A physical item was created, changed or deleted."""

    item: Annotated[Item | None, Tolerant] = None


class NotificationEvent(Event):
    """Alma sent a letter to a patron. No public sample of its body exists, so it has no model."""


class JobEndEvent(Event):
    """A job ended, successfully or not. Alma sends the end of every job to every profile with jobs enabled."""

    job_instance: Annotated[JobInstance | None, Tolerant] = None


class UnknownEvent(Event):
    """An action without a model in this version; it is routed by its fields like any other."""


_MODELS: dict[str, type[Event]] = {
    "LOAN": LoanEvent,
    "REQUEST": RequestEvent,
    "USER": UserEvent,
    "BIB": BibEvent,
    "ITEM": ItemEvent,
    "NOTIFICATION": NotificationEvent,
    "JOB_END": JobEndEvent,
}


def parse(body: bytes) -> Event:
    """Return the event in a body. Raise Permanent (not-parsed), which quotes nothing of the body."""
    try:
        members = xml_body.read(body) if xml_body.looks_like_xml(body) else json_body.read(body)
    except (json_body.NotJson, xml_body.NotXml) as error:
        raise Permanent("not-parsed", str(error)) from None
    if not isinstance(members, dict) or not isinstance(members.get("action"), str):
        raise Permanent("not-parsed", "The body has no member action, or it is not text.", field="action")
    fields = _with_event({**members, "action": members["action"].upper()})
    event = _MODELS.get(fields["action"], UnknownEvent).model_validate(fields)
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
