"""Define the form of events/index.yaml, and report every mistake in it with file and line."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails

from processor.routing import yaml_lines
from processor.routing.deliver import KINDS
from scripts.cli.exit_codes import ConfigurationError
from scripts.project.mistakes import located, suggestion, text_of

_TARGET: Final = rf"^({'|'.join(KINDS)}):.+$"
_CONTENTS: Final = "message", "payload", "detail"  # what targets call the input that is expected here
_SHORT: Final = "route", "target", "input"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ExpectedDelivery(_Entry):
    """A delivery that an event should cause: `target` as in the outcome line (`topic:other`).

    Without `input` the content is not compared.
    """

    route: str
    target: str = Field(pattern=_TARGET)
    input: Any = None


class Expectation(_Entry):
    """The expected outcome with its `deliveries`; a single one can be written without the list.

    An event that becomes a dead letter can have deliveries too, by the routes that do not fail. `failing` are the names
    of all routes that fail; without it they are not compared.
    """

    outcome: Literal["delivered", "ignored", "dead"]
    deliveries: list[ExpectedDelivery] = Field(default=[], min_length=1)
    failing: list[str] | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _without_list(cls, value: Any) -> Any:
        """Move the members of a single delivery into the list. Raise ValueError if both forms are mixed."""
        short = {name: value[name] for name in _SHORT if name in value} if isinstance(value, dict) else {}
        if not short:
            return value
        if "deliveries" in value:
            raise ValueError(f"deliveries replaces {' and '.join(short)}; write them in its list")
        return {name: value[name] for name in value if name not in short} | {"deliveries": [short]}

    @model_validator(mode="after")
    def _agreeing(self) -> "Expectation":
        if self.outcome == "delivered" and not self.deliveries:
            raise ValueError("outcome delivered needs route and target, or deliveries")
        if self.outcome == "ignored" and self.deliveries:
            raise ValueError("outcome ignored has no deliveries; remove route, target, input and deliveries")
        if self.outcome != "dead" and self.failing:
            raise ValueError("only outcome dead has failing routes; remove failing")
        return self


class SampleEntry(_Entry):
    """One sample event: its file beside the index, and what the routes should do with it at its stage."""

    file: str = Field(min_length=1)
    expect: Expectation
    provenance: str = ""
    profile: str = ""
    stage: Literal["", "dev", "stg", "prod"] = ""


class ReadIndex(NamedTuple):
    """The entries by name, in their order, with their lines, and the problems of the file as sentences."""

    entries: dict[str, SampleEntry]
    lines: dict[str, int]
    problems: list[str]


_INDEX: Final = TypeAdapter(dict[str, SampleEntry])
_KEYS: Final = [name for model in (SampleEntry, Expectation, ExpectedDelivery) for name in model.model_fields]


def read_entries(path: Path) -> ReadIndex:
    """Read an index. A file that cannot be read is a problem too."""
    try:
        data, lines = yaml_lines.read(text_of(path))
        if data is None or data == {}:
            return _only([f"{path}: the file has no events; add NAME: {{file: …, expect: …}}"])
        entries = _INDEX.validate_python(data)
    except ConfigurationError as error:
        return _only([str(error).removesuffix(".")])
    except yaml_lines.InvalidYamlError as error:
        return _only(located(path, line, keys, reason) for keys, line, reason in error.mistakes)
    except ValidationError as error:
        return _only(_problem(path, lines, detail) for detail in error.errors())
    return ReadIndex(entries, {name: lines.nearest((name, "file"))[1] for name in entries}, [])


def _only(problems: Iterable[str]) -> ReadIndex:
    return ReadIndex({}, {}, list(dict.fromkeys(problems)))


def _problem(path: Path, lines: yaml_lines.Lines, detail: ErrorDetails) -> str:
    keys, line = lines.nearest(detail["loc"])
    return located(path, line, keys, _reason(detail))


def _reason(detail: ErrorDetails) -> str:
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            return f"{last} is missing"
        case "extra_forbidden":
            is_content = last in _CONTENTS and "expect" in detail["loc"]
            return f"unknown key {last}{'; write it as input' if is_content else suggestion(last, _KEYS)}"
        case "literal_error":
            return f"must be {detail['ctx']['expected'].replace(chr(39), '').removeprefix(', ')}"
        case "string_pattern_mismatch":
            return f"must be KIND:NAME, such as topic:other; KIND is one of {', '.join(KINDS)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "too_short" | "string_too_short":
            return "the list is empty" if detail["type"] == "too_short" else "the text is empty"
        case "string_type":
            return "expected text; put it in quotes"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "expected names with values"
    return detail["msg"][:1].lower() + detail["msg"][1:]
