"""Event patterns as Amazon EventBridge documents them: fields, arrays, absence, `$or`.

"Creating Amazon EventBridge event patterns", Amazon EventBridge User Guide; operators: `processor.routing.conditions`.
There are two intended differences: 3e2 equals 300.0 here, because Python reads them alike; and `cidr` is missing,
because Alma sends no network addresses.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from processor.alma.xml_members import TextOrCode
from processor.routing.conditions import PatternError, PatternPath, ValueTest, compile_condition

FieldPath = tuple[str, ...]


@dataclass(frozen=True)
class Mismatch:
    """The first condition that an event does not meet: the path of the field and the wanted conditions."""

    path: str
    wanted: Any
    is_absent: bool = False

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        """Made once for each field: most routes do not match most events, which took 1 % of an event's CPU."""
        verdict = "is missing from the event but should match" if self.is_absent else "does not match"
        return f"{self.path} {verdict} {json.dumps(self.wanted, ensure_ascii=False)}"


class Pattern:
    """A compiled pattern. All fields must match (and), each by one of its conditions (or)."""

    def __init__(self, pattern: Mapping[str, Any]) -> None:
        """Compile `pattern`, as read from YAML or JSON. Raise PatternError."""
        self.source = pattern
        self._root = _compile_object(pattern, (), ())
        self._optional = list(self._root.optional())

    def mismatch(self, fields: Any) -> Mismatch | None:
        """Return None if the event matches, otherwise the reason why it does not."""
        # A field is absent only if it is in no element of any array.
        absent = {names for names in self._optional if not any(True for _ in _leaves(fields, names))}
        return self._root.mismatch([fields], absent)


@dataclass(frozen=True)
class _Field:
    """The conditions of one field. `names` is the path of the field in the event."""

    names: FieldPath
    tests: list[ValueTest]
    may_exist: bool  # by {exists: true}
    may_be_absent: bool  # by {exists: false}
    if_absent: Mismatch
    if_present: Mismatch

    def mismatch(self, one: Any, absent: set[FieldPath]) -> Mismatch | None:
        values = list(_leaves(one, self.names[-1:]))
        if any(self.may_exist or any(test(value) for test in self.tests) for value in values):
            return None
        if self.may_be_absent and self.names in absent:
            return None
        return self.if_present if values else self.if_absent


@dataclass(frozen=True)
class _Object:
    """The fields of one object, which must all match, and the alternatives of its `$or`, of which one must match."""

    names: FieldPath
    fields: list[_Field]
    objects: list["_Object"]
    alternatives: list["_Object"]
    wanted: Any

    def optional(self) -> Iterator[FieldPath]:
        """Yield the paths of the fields that may be absent."""
        yield from (field.names for field in self.fields if field.may_be_absent)
        for inner in (*self.objects, *self.alternatives):
            yield from inner.optional()

    def mismatch(self, ones: list[Any], absent: set[FieldPath]) -> Mismatch | None:
        """Return why no single element of an array meets all conditions ("Matching arrays" in the User Guide)."""
        mismatches = (self._mismatch_of(one, absent) for one in ones)
        first = next(mismatches)
        return first and (None if None in mismatches else first)

    def _mismatch_of(self, one: Any, absent: set[FieldPath]) -> Mismatch | None:
        for field in self.fields:
            if mismatch := field.mismatch(one, absent):
                return mismatch
        for inner in self.objects:
            elements = list(_elements(one[inner.names[-1]])) if _has(one, inner.names[-1]) else []
            if mismatch := inner.mismatch(elements or [None], absent):
                return mismatch
        if self.alternatives and all(alternative.mismatch([one], absent) for alternative in self.alternatives):
            return Mismatch(".".join((*self.names, "$or")), self.wanted)
        return None


def _has(one: Any, name: str) -> bool:
    return isinstance(one, dict) and name in one


def _elements(value: Any) -> Iterator[Any]:
    """Yield a value, or the elements of an array with nested arrays flattened."""
    if isinstance(value, list):
        for element in value:
            yield from _elements(element)
    else:
        yield value


def _leaves(value: Any, names: FieldPath) -> Iterator[Any]:
    """Yield the values at a path, through every array on the way, except objects."""
    for one in _elements(value):
        if isinstance(one, dict):
            if names and names[0] in one:
                yield from _leaves(one[names[0]], names[1:])
        elif isinstance(one, TextOrCode):
            if names in ((), ("value",)):
                yield one.value
        elif not names:
            yield one


def _compile_object(pattern: Any, path: PatternPath, names: FieldPath) -> _Object:
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(path, "expected an object with at least one field")
    fields, objects, alternatives = [], [], []
    for name, value in pattern.items():
        here = (*path, name)
        if name == "$or":
            alternatives = _compile_alternatives(value, here, names)
        elif isinstance(value, Mapping):
            objects.append(_compile_object(value, here, (*names, name)))
        else:
            fields.append(_compile_field(value, here, (*names, name)))
    return _Object(names, fields, objects, alternatives, pattern.get("$or"))


def _compile_alternatives(value: Any, path: PatternPath, names: FieldPath) -> list[_Object]:
    if not isinstance(value, list) or len(value) < 2:
        raise PatternError(path, "$or takes a list of at least two patterns")
    return [_compile_object(one, (*path, index), names) for index, one in enumerate(value)]


def _compile_field(value: Any, path: PatternPath, names: FieldPath) -> _Field:
    if not isinstance(value, list):
        raise PatternError(path, "expected a list of conditions, such as [VALUE]")
    if not value:
        raise PatternError(path, "the list is empty, so it matches nothing")
    tests: list[ValueTest] = []
    exists: set[bool] = set()
    for index, condition in enumerate(value):
        if isinstance(condition, Mapping) and list(condition) == ["exists"]:
            if not isinstance(condition["exists"], bool):
                raise PatternError((*path, index, "exists"), "exists takes true or false")
            exists.add(condition["exists"])
        else:
            tests.append(compile_condition(condition, (*path, index)))
    if_absent, if_present = (Mismatch(".".join(names), value, is_absent=is_absent) for is_absent in (True, False))
    return _Field(names, tests, True in exists, False in exists, if_absent, if_present)
