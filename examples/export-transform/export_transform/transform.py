"""Load the library's own transform, a Python function or a Jinja2 template, and apply it to each record."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from jinja2 import Environment, StrictUndefined, Template, TemplateError
from pymarc import Record

from export_transform.binary_marc import TooLongForBinaryMarcError
from export_transform.parsing import Status, control_number, parse, status_of
from export_transform.records import CutRecord, Position, Reject

Output = bytes | str | Mapping[str, Any] | None
"""What a transform returns: bytes, text (UTF-8), an object for JSON, or None to skip the record."""

_MODULE: Final = "library_transform"
_TEMPLATE: Final = ".j2"
_MARKUP: Final = (".xml.j2", ".html.j2")


class Transform(NamedTuple):
    """The functions of a library: for records, and for those that are deleted."""

    transform: Callable[[Record], Output]
    delete: Callable[[Record], Output]


class Transformed(NamedTuple):
    """A record that is sent. `body` is None if the transform skips it. A deleted record has the status `deleted`."""

    position: Position
    control_number: str
    status: Status
    body: bytes | None


def load(path: Path) -> Transform:
    """Return the transform in a file: a Python module with `transform(record)`, or a Jinja2 template (`.j2`).

    Deleted records have a function of their own: `delete(record)` of the module, or the template beside
    `record.json.j2` that is called `record.delete.json.j2`. Without it, `default_delete` is used. A template sees
    `record` (pymarc), `status` and `control_number`. A name that is not defined rejects the record.

    Raise ValueError in one sentence if the file is missing, is neither, or has no function `transform`. An exception
    of the module itself is not caught.
    """
    if not path.is_file():
        raise ValueError(f"{path} not found: name a Python module or a Jinja2 template ({_TEMPLATE}).")
    if path.suffix == _TEMPLATE:
        name, _, rest = path.name.partition(".")
        deletion = path.with_name(f"{name}.delete.{rest}")
        return Transform(_rendered(path), _rendered(deletion) if deletion.is_file() else default_delete)
    if path.suffix != ".py":
        raise ValueError(f"{path} is neither a Python module (.py) nor a Jinja2 template ({_TEMPLATE}).")
    module = _module(path)
    if not hasattr(module, "transform"):
        raise ValueError(f"{path} has no function `transform(record)`.")
    return Transform(module.transform, getattr(module, "delete", default_delete))


def default_delete(record: Record) -> Output:
    """Return the deletion of a record: its control number and the status `deleted`."""
    return {"id": control_number(record), "status": "deleted"}


def transformed(cuts: Iterable[CutRecord | Reject], transform: Transform) -> Iterator[Transformed | Reject]:
    """Parse and transform each record; a failure of one is a Reject and never stops the rest."""
    for cut in cuts:
        record = parse(cut) if isinstance(cut, CutRecord) else cut
        yield record if isinstance(record, Reject) else _applied(transform, record, cut.position)


def _applied(transform: Transform, record: Record, position: Position) -> Transformed | Reject:
    number, status = control_number(record), status_of(record)
    try:
        output = transform.delete(record) if status == "deleted" else transform.transform(record)
        return Transformed(position, number, status, _body(output))
    except TooLongForBinaryMarcError:
        return Reject(position, "too-long-for-binary-marc", number)
    except Exception as error:  # noqa: BLE001 -- the library's own code may raise anything; its text may name a person
        return Reject(position, "transform-failed", number, type(error).__name__)


def _body(output: object) -> bytes | None:
    if output is None or isinstance(output, bytes):
        return output
    if isinstance(output, str):
        return output.encode()
    if not isinstance(output, Mapping):
        raise TypeError
    return json.dumps(output, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module  # dataclasses look for their module there
    spec.loader.exec_module(module)
    return module


def _rendered(path: Path) -> Callable[[Record], str]:
    template = _template(path)
    return lambda record: template.render(
        record=record, status=status_of(record), control_number=control_number(record)
    )


def _template(path: Path) -> Template:
    environment = Environment(autoescape=path.name.endswith(_MARKUP), undefined=StrictUndefined)
    try:
        return environment.from_string(path.read_text("utf-8"))
    except (TemplateError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a Jinja2 template: {error}.") from None
