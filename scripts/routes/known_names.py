"""Say what is unknown about a member or a value that a route names, with the nearest known word."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from processor.routing.compiled_routes import REQUEST_NAMES
from processor.routing.conditions import compile_condition
from processor.routing.patterns import FieldPath
from processor.routing.yaml_lines import YamlPath
from scripts.catalogue.catalogue import Catalogue
from scripts.catalogue.members import ANY, OBJECT, Member

UNKNOWN_MEMBER: Final = "unknown-member"
UNKNOWN_VALUE: Final = "unknown-value"
WRONG_TYPE: Final = "wrong-type"
COUNTED_ZERO: Final = "counted-zero"
"""The names of findings: what `# alma-webhooks: ignore[NAME]` ignores."""

_EVENT: Final = ("event", "value")


class CatalogueFinding(NamedTuple):
    """Something in a route that no known event has. `path` is its path below the route."""

    path: YamlPath
    name: str
    reason: str
    is_error: bool = False


class KnownNames:
    """What the events of some actions are known to have; of all actions without any."""

    def __init__(self, catalogue: Catalogue, actions: Collection[str]) -> None:
        self.actions = actions
        self._catalogue = catalogue
        self._root = catalogue.root(actions)

    def member(self, path: FieldPath) -> Member | None:
        """Return the member at a path, or None if it is unknown."""
        return self._root.at(path)

    def is_in_list(self, path: FieldPath) -> bool:
        """Return whether a member is known to be a list, or in an element of one."""
        members = (self.member(path[:length]) for length in range(1, len(path) + 1))
        return any(member is not None and member.is_list for member in members)

    def unknown_member(self, path: FieldPath) -> str:
        """Return what is wrong with a member, or empty text if it is known."""
        for length in range(1, len(path) + 1):
            parent, step = self._root.at(path[: length - 1]), path[length - 1]
            if parent is not None and self._root.at(path[:length]) is None:
                return self._reason(path[:length], parent, step)
        return ""

    def unknown_value(self, path: FieldPath, value: str) -> str:
        """Return what is wrong with a value that is compared exactly, or empty text if it is known."""
        values = self._values(path)
        if values is None or value in values:
            return ""
        if path == _EVENT and (others := self._catalogue.families_of(value)):
            return f"{value!r} is an event of {' and '.join(others)}, not of {' or '.join(self.actions)}"
        if path == _EVENT and not values:
            return f"an event of {' or '.join(self.actions)} has no event value"
        near = nearest(value, values)
        return f"unknown value {value!r} of {'.'.join(path)}; " + (f"did you mean {near!r}?" if near else self._advice)

    def unmatched(self, path: FieldPath, condition: Any) -> str:
        """Return what is wrong with a condition of a pattern that no known value meets, or empty text."""
        values = self._values(path)
        if isinstance(condition, str):
            return self.unknown_value(path, condition)
        if values is None or not isinstance(condition, Mapping):
            return ""
        [(operator, operand)] = condition.items()
        if operator == "anything-but":
            reasons = (self.unmatched(path, each) for each in _excluded(operand))
            return next(filter(None, reasons), "")
        if operator == "equals-ignore-case":
            same = [value for value in values if value.lower() == operand.lower()]
            return "" if same else self.unknown_value(path, operand)
        if operator in ("exists", "numeric") or any(map(compile_condition(condition, ()), values)):
            return ""
        return f"no known value of {'.'.join(path)} matches {operator} {_shown(operand)!r}; {self._advice}"

    def _values(self, path: FieldPath) -> tuple[str, ...] | None:
        member = self._root.at(path)
        return None if member is None else member.values

    def _reason(self, path: FieldPath, parent: Member, step: str) -> str:
        name = ".".join(path)
        if len(path) == 1 and step in REQUEST_NAMES:  # they do not come from the body
            instead = "select Alma profiles with profiles: [NAME] beside when" if step == "profile" else "use it in if"
            return f"{step} is not a member of the body, so a pattern cannot match it; {instead}"
        if len(path) > 1 and not parent.types & {OBJECT, ANY} and parent.types:
            return f"{'.'.join(path[:-1])} is a value without members, so {name} does not exist"
        if self.actions and (others := self._families_with(path)):
            return f"{name} is a member of an event of {' or '.join(others)}, not of {' or '.join(self.actions)}"
        if self._are_undocumented and len(path) == 1:
            return (
                f"unknown member {name!r}; no member of {' or '.join(self.actions)} is documented: add a sample event"
            )
        near = nearest(step, parent.members)
        advice = f"did you mean {'.'.join((*path[:-1], near))!r}?" if near else self._advice
        return f"unknown member {name!r}; {advice}"

    def _families_with(self, path: FieldPath) -> list[str]:
        return [family.action for family in self._catalogue.families.values() if family.root.at(path) is not None]

    @property
    def _are_undocumented(self) -> bool:
        """Whether the actions are known, but not what is in their events."""
        known = [self._catalogue.families.get(action) for action in self.actions]
        return bool(known) and all(family is not None and not family.member for family in known)

    @property
    def _advice(self) -> str:
        known = [action for action in self.actions if action in self._catalogue.families]
        return f"`{' '.join(['alma-webhooks events', *known[:1]])}` lists the known ones"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like this one, ignoring case; empty if none is near."""
    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), by_lower, 1)
    return by_lower[near[0]] if near else ""


def _excluded(operand: Any) -> list[Any]:
    """Return what anything-but excludes, as conditions."""
    if isinstance(operand, Mapping):
        [(operator, inner)] = operand.items()
        return [{operator: each} for each in (inner if isinstance(inner, list) else [inner])]
    return operand if isinstance(operand, list) else [operand]


def _shown(operand: Any) -> str:
    return str(next(iter(operand.values())) if isinstance(operand, Mapping) else operand)
