"""The events: what Alma says happened, as tolerant models. Routes nothing; never refuses an event for a field's type.

A model documents a shape and gives its fields a type; what does not fit its type reads as None there, and stands
unchanged in `Event.fields`, which is what routes see. Field names: "Webhooks" and the Alma REST API's object pages,
Ex Libris Developer Network, and the bodies in public listeners' fixtures.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    PrivateAttr,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from processor import json_body
from processor.errors import Permanent


def _none_if_unfit(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


def _value_alone(value: Any) -> Any:
    return value if isinstance(value, dict) else {"value": value}


Tolerant = WrapValidator(_none_if_unfit)
Text = Annotated[str | None, Tolerant]
Number = Annotated[float | None, Tolerant]
Flag = Annotated[bool | None, Tolerant]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)


class CodeValue(_Part):
    """A code and its description, `{"value": "LOAN_CREATED", "desc": "Loan created"}`; a plain string is the code."""

    value: Text = None
    desc: Text = None


Code = Annotated[CodeValue | None, BeforeValidator(_value_alone), Tolerant]


class Counter(_Part):
    """One counter of a job instance; `value` is a number as text, or text."""

    type: Code = None
    value: Text = None


class JobInfo(_Part):
    """The job that an instance is a run of; `id` outlives renaming."""

    id: Text = None
    name: Text = None
    description: Text = None
    type: Code = None
    category: Code = None


class JobInstance(_Part):
    """One run of a job. Times are RFC 3339 or a date only; `progress` can exceed 100; `counter` may be missing."""

    id: Text = None
    external_id: Text = None
    name: Text = None
    submitted_by: Code = None
    submit_time: Text = None
    start_time: Text = None
    end_time: Text = None
    progress: Number = None
    status: Code = None
    counter: Annotated[list[Annotated[Counter | None, Tolerant]] | None, Tolerant] = None
    job_info: Annotated[JobInfo | None, Tolerant] = None


class ItemLoan(_Part):
    """One loan of one item."""

    loan_id: Text = None
    user_id: Text = None
    item_barcode: Text = None
    mms_id: Text = None
    holding_id: Text = None
    item_id: Text = None
    title: Text = None
    author: Text = None
    due_date: Text = None
    loan_date: Text = None
    loan_status: Text = None
    process_status: Text = None
    renewable: Flag = None
    library: Code = None
    circ_desk: Code = None


class Event(_Part):
    """What every event has. `fields` are the body's members with `action` in upper case."""

    action: str
    id: Text = None
    institution: Code = None
    time: Text = None
    event: Code = None
    _fields: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as routes, templates and attributes see it."""
        return self._fields

    @property
    def event_value(self) -> str:
        """The code of what happened (`LOAN_CREATED`); empty where Alma sends none, as for JOB_END."""
        return (self.event and self.event.value) or ""

    @property
    def institution_code(self) -> str:
        """The institution's code (`01EXAMPLE_INST`); empty where absent."""
        return (self.institution and self.institution.value) or ""


class LoanEvent(Event):
    """A loan was made, renewed, returned, lost, claimed returned, or its due date changed."""

    action: Literal["LOAN"]
    item_loan: Annotated[ItemLoan | None, Tolerant] = None


class JobEndEvent(Event):
    """A job ended, successfully or not. Alma sends every job's end to every profile that takes jobs."""

    action: Literal["JOB_END"]
    job_instance: Annotated[JobInstance | None, Tolerant] = None


class UnknownEvent(Event):
    """An action that this version has no model for: kept, and routed by its fields like any other."""


def _model_of(members: Any) -> str:
    return members["action"] if members["action"] in ("LOAN", "JOB_END") else "unknown"


_EVENTS: TypeAdapter[Event] = TypeAdapter(
    Annotated[
        Annotated[LoanEvent, Tag("LOAN")]
        | Annotated[JobEndEvent, Tag("JOB_END")]
        | Annotated[UnknownEvent, Tag("unknown")],
        Discriminator(_model_of),
    ]
)


def parse(body: bytes) -> Event:
    """The event in a body. Raises Permanent (not-parsed), which quotes nothing of the body."""
    try:
        members = json_body.read(body)
    except json_body.NotJson as error:
        raise Permanent("not-parsed", str(error)) from None
    if not isinstance(members, dict) or not isinstance(members.get("action"), str):
        raise Permanent("not-parsed", "The body is not an object with a string member action.", field="action")
    fields = {**members, "action": members["action"].upper()}
    event = _EVENTS.validate_python(fields)
    event._fields = fields
    return event
