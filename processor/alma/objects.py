"""Tolerant models of the objects in Alma's events. A field of an unexpected type is never an error.

A model documents a shape and gives its fields a type. A value that does not fit its type reads as None, and a field
without a model is kept as it is. Names and types: the object pages of the Alma REST API, Ex Libris Developer Network
("Rest Job Instance", "Rest User Request", "Rest User", "Rest Bib", "Rest Item"), and the fixtures of public listeners.
"""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


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
Flag = Annotated[bool | None, Tolerant]  # true, or the text "true"
Texts = Annotated[list[Text] | None, Tolerant]


class AlmaObject(BaseModel):
    """The base of all objects: frozen and open to new fields; a number where text is expected becomes text."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    def __repr__(self) -> str:
        """Return the class only, because logs must not show what patrons do."""
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class CodeValue(AlmaObject):
    """A code and its description, `{"value": "LOAN_CREATED", "desc": "Loan created"}`; a plain string is the code."""

    value: Text = None
    desc: Text = None


Code = Annotated[CodeValue | None, BeforeValidator(_value_alone), Tolerant]


class Counter(AlmaObject):
    """One counter of a job instance; `value` is a number as text, or text."""

    type: Code = None
    value: Text = None


class JobInfo(AlmaObject):
    """The job of an instance; `id` stays the same when the job is renamed."""

    id: Text = None
    name: Text = None
    description: Text = None
    type: Code = None
    category: Code = None


class JobInstance(AlmaObject):
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


class ItemLoan(AlmaObject):
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


class UserRequest(AlmaObject):
    """One request: hold, booking, move, digitization or work order. `request_date` is a date (`2013-11-12Z`)."""

    request_id: Text = None
    request_type: Text = None
    request_status: Text = None
    title: Text = None
    author: Text = None
    description: Text = None
    comment: Text = None
    pickup_location: Text = None
    pickup_location_type: Text = None
    pickup_location_library: Text = None
    material_type: Code = None
    place_in_queue: Number = None
    request_date: Text = None


class User(AlmaObject):
    """The user of the REST API; only the identifying fields have a model."""

    primary_id: Text = None
    status: Code = None
    user_group: Code = None


class WebhookUser(AlmaObject):
    """A change to a user. `method` is CREATE, UPDATE or DELETE; `cause` is where it was made (UI)."""

    method: Text = None
    cause: Text = None
    user: Annotated[User | None, Tolerant] = None


class Bib(AlmaObject):
    """One bibliographic record. Flags come as text. `anies` holds MARCXML as text."""

    mms_id: Text = None
    record_format: Text = None
    title: Text = None
    author: Text = None
    issn: Text = None
    isbn: Text = None
    network_number: Texts = None
    created_date: Text = None
    last_modified_date: Text = None
    suppress_from_publishing: Flag = None
    suppress_from_external_search: Flag = None
    anies: Texts = None


class BibData(AlmaObject):
    """The bibliographic part of an item."""

    mms_id: Text = None
    title: Text = None
    author: Text = None


class ItemData(AlmaObject):
    """The item's own part."""

    pid: Text = None
    barcode: Text = None
    library: Code = None
    location: Code = None


class Item(AlmaObject):
    """One physical item with its record and holding."""

    bib_data: Annotated[BibData | None, Tolerant] = None
    holding_data: Annotated[dict[str, Any] | None, Tolerant] = None
    item_data: Annotated[ItemData | None, Tolerant] = None
