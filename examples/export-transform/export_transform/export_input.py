"""The input of an execution: the job that ended, and how its files are found, read and sent on."""

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from export_transform.causes import refused
from processor.errors import Permanent

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}Z?")

CounterType = Annotated[str, Field(min_length=1, max_length=200)]

DEFAULT_BATCH_RECORDS: Final = 500
DEFAULT_BATCH_BYTES: Final = 1024 * 1024
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024

MAX_OBJECTS: Final = 500
"""In a batch with one object for each record: they are written one after the other, in less than half a minute."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CounterName(BaseModel):
    """The type of a counter; its description is not used."""

    value: str


class Counter(BaseModel):
    """One counter of a job: a number, or the link of a file, always as text."""

    type: CounterName
    value: str | None = None


def _with_time(value: object) -> object:
    """Return a date, which Alma sends for some jobs, as the beginning of that day; other values as they are."""
    is_date = isinstance(value, str) and _DATE.fullmatch(value)
    return f"{str(value).rstrip('Z')}T00:00:00Z" if is_date else value


class Job(_Model):
    """The job that ended, as the event has it. Each job has an ID of its own."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    name: str
    start_time: Annotated[AwareDatetime, BeforeValidator(_with_time)]
    counters: tuple[Counter, ...] = ()

    def counted(self, types: tuple[str, ...]) -> int | None:
        """Return the sum of these counters, or None if the job has none. Raise ArtifactError for another text."""
        values = [each.value or "0" for each in self.counters if each.type.value in types]
        if not all(value.isascii() and value.isdecimal() for value in values):
            raise refused("A counter of records is not a whole number. Correct counters in the route.")
        return sum(map(int, values)) if values else None

    def linked_names(self, types: tuple[str, ...]) -> frozenset[str]:
        """Return what these counters link, without folders: names of files, or the starts of their names.

        Alma links the start: the files of the link `BIBLIOGRAPHIC_7` are `BIBLIOGRAPHIC_7_1.xml` and so on.
        """
        links = [each.value for each in self.counters if each.type.value in types and each.value]
        return frozenset(PurePosixPath(unquote(urlsplit(link).path)).name for link in links) - {""}


class ExportOptions(_Model):
    """How the files of one export are found and sent on; the member `export` of the input.

    `prefix` is the start of the key in S3, or a folder and the start of the names on the SFTP server. `links` are the
    counters that name the files, `counters` those whose sum is the number of records. `expect` says what an export
    without records is: `counter` compares with the counters, `some` requires a record, `any` takes what is there.
    `wait_minutes` is how long a check waits for files that are missing or incomplete.
    """

    source: Literal["s3", "sftp"]
    prefix: Annotated[str, Field(min_length=1, max_length=512)]
    links: tuple[CounterType, ...] = ()
    counters: tuple[CounterType, ...] = ()
    expect: Literal["any", "some", "counter"] = "counter"
    wait_minutes: Annotated[int, Field(ge=0, le=2880)] = 120
    destination: Literal["s3", "s3-records", "http"] = "http"
    content_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]+$")] = "application/x-ndjson"
    batch_records: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_BATCH_RECORDS
    batch_bytes: Annotated[int, Field(ge=1, le=MAX_BATCH_BYTES)] = DEFAULT_BATCH_BYTES

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        if self.source == "sftp" and not self.wait_minutes:
            raise ValueError("wait_minutes must be at least 1 for sftp, whose files are looked at twice")
        if self.destination == "s3-records" and self.batch_records > MAX_OBJECTS:
            raise ValueError(f"batch_records must be at most {MAX_OBJECTS} for s3-records")
        return self


def _mistake(details: ErrorDetails) -> str:
    """Return the field, and what a check of ours says about it; the texts of pydantic can quote the value."""
    place = ".".join(map(str, details["loc"]))
    return f"{place} ({details['ctx']['error']})" if details["type"] == "value_error" else place


class ExportInput(_Model):
    """The input of an execution. `receipt_id` finds the webhook in the logs of the pipeline."""

    job: Job
    export: ExportOptions
    institution: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    profile: str
    receipt_id: str

    @classmethod
    def parse(cls, data: object) -> Self:
        """Return the input. Raise Permanent with the fields that are wrong, without their values."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            places = sorted(set(map(_mistake, error.errors())))
            raise Permanent("template", f"The input is not valid: {', '.join(places)}. Correct the route.") from None

    @property
    def job_key(self) -> str:
        """The key of the job among those of all institutions."""
        return f"{self.institution}/{self.job.id}"

    @property
    def not_before(self) -> datetime:
        """The start of the job in whole seconds, because stores keep no fractions. Older files are another run's."""
        return self.job.start_time.replace(microsecond=0)
