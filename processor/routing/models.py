"""The format of routes.yaml, and its reader. `processor.routing.router` evaluates the routes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, StrictBool, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from processor.routing import yaml_lines
from processor.routing.bodies import is_in_body
from processor.routing.declarations import Stage, StateMachineDeclaration, StateMachineName, TopicDeclaration
from processor.routing.deliver import DeliverEntry, Strict
from processor.routing.entry_keys import key_advice
from processor.routing.fifo import ID_KEYS
from processor.routing.places import place_of

AlmaProfile = Annotated[StrictStr, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]  # as in alma-webhooks.yaml
Name = Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
Mistake = tuple[yaml_lines.YamlPath, str]  # where, and what is wrong


@dataclass(frozen=True)
class Problem:
    """A problem in routes.yaml: `line` (from 1; 0 if unknown), route, field and reason."""

    line: int
    route: str
    field: str
    reason: str

    def __str__(self) -> str:
        return placed_reason(self.line, (self.route and f"route {self.route}", self.field), self.reason)


def placed_reason(line: int, places: Iterable[str], reason: str) -> str:
    """Return a reason behind its line (0 if unknown) and the places that are not empty."""
    where = ", ".join(filter(None, (f"line {line}" if line else "", *places)))
    return f"{where}: {reason}" if where else reason


_NAME_FORM: Final = "a name has letters, digits and underscores only; a route's name may also have hyphens"
_FORMS: Final[dict[int | str, str]] = {
    "topics": "the name of a topic has letters, digits and hyphens only",
    "state_machines": "the name of a state machine has lower-case letters, digits and hyphens only, a letter first",
    "profiles": "the name of an Alma profile has lower-case letters, digits and hyphens only",
    "arn": "must be the ARN of a state machine, a version or an alias",
    **dict.fromkeys(ID_KEYS, "expected text that is not empty"),
    "delay": "expected seconds or minutes, such as 30s or 10m, and at most 15m",
    "routes": _NAME_FORM,
}


class InvalidRoutesError(Exception):
    """routes.yaml is not valid; `problems` has at least one entry."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Route(Strict):
    """One rule, read in the order profiles, when, if, deliver; `let` is rendered where it is used.

    A fallback fires when no other route matched.
    """

    name: Annotated[StrictStr, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    fallback: StrictBool = False
    profiles: Annotated[list[AlmaProfile], Field(min_length=1)] | None = None
    when: dict[str, Any] | None = None
    let: dict[Name, StrictStr] = {}  # noqa: RUF012 - pydantic copies it
    condition: StrictStr | None = Field(None, alias="if")
    deliver: Annotated[list[DeliverEntry], Field(min_length=1)]


class Routes(Strict):
    """The whole file: what the stack creates for the routes, the variables of the stages, and the routes."""

    topics: list[TopicDeclaration] = []  # noqa: RUF012 - pydantic copies it, and the two below
    state_machines: dict[StateMachineName, StateMachineDeclaration] = {}  # noqa: RUF012
    stages: dict[Stage, dict[Name, StrictStr]] = {"dev": {}, "stg": {}, "prod": {}}  # noqa: RUF012
    routes: Annotated[list[Route], Field(min_length=1)]

    @property
    def topic_names(self) -> list[str]:
        """The names of the topics that the stack creates, in the order of the file."""
        return [topic if isinstance(topic, str) else topic.name for topic in self.topics]


def kinds_of(routes: Iterable[Route]) -> set[str]:
    """Return the kinds of targets that routes deliver to."""
    return {entry.kind for route in routes for entry in route.deliver}


@dataclass(frozen=True)
class RoutesFile:
    """A file of the right form, with the lines of its values."""

    routes: Routes
    lines: yaml_lines.Lines

    def problem(self, path: yaml_lines.YamlPath, reason: str) -> Problem:
        """Return a problem with the value at `path`, such as ("routes", 0, "if")."""
        return _problem(self.lines, path, [route.name for route in self.routes.routes], reason)


def read_yaml(text: str) -> tuple[Any, yaml_lines.Lines]:
    """Return the data and lines of the text of a routes.yaml. Raise InvalidYamlError."""
    return yaml_lines.read(text, is_in_body)


def read(text: str) -> RoutesFile:
    """Read the text of a routes.yaml. Raise InvalidRoutesError if it is not YAML or not of the right form."""
    try:
        data, lines = read_yaml(text)
    except yaml_lines.InvalidYamlError as error:
        names = _names(error.data)
        raise InvalidRoutesError([_at(line, path, names, reason) for path, line, reason in error.mistakes]) from None
    try:
        return RoutesFile(Routes.model_validate(data), lines)
    except ValidationError as error:
        names = _names(data)
        problems = [_problem(lines, detail["loc"], names, _reason(detail)) for detail in error.errors()]
        raise InvalidRoutesError(problems) from None


def _problem(lines: yaml_lines.Lines, path: yaml_lines.YamlPath, names: list[str], reason: str) -> Problem:
    known, line = lines.nearest(path)
    return _at(line, known, names, reason)


def _at(line: int, path: yaml_lines.YamlPath, names: list[str], reason: str) -> Problem:
    match path:
        case ("routes", int(number), *rest):
            route = names[number]
        case _:
            route, rest = "", list(path)
    return Problem(line, route, place_of(tuple(rest)), reason)


def _names(data: Any) -> list[str]:
    routes = data.get("routes") if isinstance(data, dict) else None
    routes = routes if isinstance(routes, list) else []
    return [
        str(route["name"]) if isinstance(route, dict) and "name" in route else f"number {number}"
        for number, route in enumerate(routes, 1)
    ]


def _reason(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {detail['loc'][-1]!r}{key_advice(detail['loc'])}"
        case "string_pattern_mismatch" | "string_too_short":
            return next((_FORMS[step] for step in reversed(detail["loc"]) if step in _FORMS), _NAME_FORM)
        case "string_type":
            is_one_value = isinstance(detail["input"], bool | int | float)
            return "expected text" + ("; put it in quotes" if is_one_value else "")
        case "model_type" if not detail["loc"] and detail["input"] is None:
            return "the file is empty: it needs `routes:`"
        case "too_short":
            return "the list is empty"
    return plain_reason(detail)


def plain_reason(detail: ErrorDetails) -> str:
    """Return in plain words what pydantic found, as far as all files share the words."""
    match detail["type"]:
        case "missing":
            return f"{detail['loc'][-1]} is missing"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "list_type":
            return "expected a list, with a dash before each entry"
        case "dict_type" | "model_type":
            return "expected names with values"
        case "bool_type":
            return "expected true or false"
    return detail["msg"][:1].lower() + detail["msg"][1:]
