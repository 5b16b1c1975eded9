"""Compare the members and values in the pattern of a route with the catalogue of known events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from processor.routing.patterns import FieldPath
from processor.routing.yaml_lines import YamlPath
from scripts.catalogue.catalogue import Catalogue
from scripts.catalogue.members import ANY, FLAG, NUMBER, OBJECT, TEXT, Member
from scripts.routes.known_names import UNKNOWN_MEMBER, UNKNOWN_VALUE, WRONG_TYPE, CatalogueFinding, KnownNames
from scripts.routes.number_members import first_numeric, is_number, number_reason, numeric_reason, only_numbers

_COUNTER: Final = ("job_instance", "counter", "value")


def in_pattern(
    pattern: Mapping[str, Any], catalogue: Catalogue, path: YamlPath, actions: Collection[str] = ()
) -> Iterator[CatalogueFinding]:
    """Yield what no known event has in a `when`, or in an alternative of one for these actions."""
    known = KnownNames(catalogue, actions_of(pattern) or actions)
    yield from _in_object(pattern, (), path, known, catalogue)


def actions_of(pattern: Mapping[str, Any]) -> list[str]:
    """Return the actions that a pattern lists; nothing if it can match others too."""
    listed = pattern.get("action")
    if listed is not None:
        return listed if isinstance(listed, list) and all(isinstance(each, str) for each in listed) else []
    alternatives = [actions_of(each) for each in pattern.get("$or", ())]
    return [action for each in alternatives for action in each] if all(alternatives) else []


def _in_object(
    pattern: Mapping[str, Any], names: FieldPath, path: YamlPath, known: KnownNames, catalogue: Catalogue
) -> Iterator[CatalogueFinding]:
    for name, value in pattern.items():
        here, member = (*path, name), (*names, name)
        if name == "$or":
            for index, each in enumerate(value):
                if names:
                    yield from _in_object(each, names, (*here, index), known, catalogue)
                else:
                    yield from in_pattern(each, catalogue, (*here, index), known.actions)
        elif reason := known.unknown_member(member):
            yield CatalogueFinding(here, UNKNOWN_MEMBER, reason)
        elif isinstance(value, Mapping):
            yield from _in_object(value, member, here, known, catalogue)
        else:
            yield from _in_conditions(value, member, here, known)


def _in_conditions(
    conditions: Sequence[Any], names: FieldPath, path: YamlPath, known: KnownNames
) -> Iterator[CatalogueFinding]:
    member = known.member(names)
    assert member is not None, "the member is known"  # noqa: S101 -- the caller has asked
    if wrong := _wrong_type(conditions, names, path, member) or _only_in_json(conditions, names, path, known):
        yield wrong
        return
    for index, condition in enumerate(conditions):
        if reason := known.unmatched(names, condition):
            yield CatalogueFinding((*path, index), UNKNOWN_VALUE, reason)


def _wrong_type(conditions: Sequence[Any], names: FieldPath, path: YamlPath, member: Member) -> CatalogueFinding | None:
    """Return the finding for conditions that cannot match a value of the member's type."""
    if not member.types or ANY in member.types:
        return None
    name, kinds = ".".join(names), [_matched_types(each) for each in conditions]
    if not any(kind is None or kind & member.types for kind in kinds):
        is_error = {"exists": False} not in conditions  # which matches an object too, and so always
        return CatalogueFinding(path, WRONG_TYPE, _never(name, names, member), is_error)
    only_text = all(kind is None or kind == _TEXTS for kind in kinds) and _TEXTS in kinds
    if only_text and not member.types & {TEXT, OBJECT}:
        shown = "a number" if NUMBER in member.types else "true or false"
        return CatalogueFinding(path, WRONG_TYPE, f"{name} is {shown} in JSON, so text matches only XML bodies")
    for index, (kind, condition) in enumerate(zip(kinds, conditions, strict=True)):
        if isinstance(condition, Mapping) and kind is not None and not kind & member.types:
            return CatalogueFinding((*path, index), WRONG_TYPE, _never(name, names, member))
    return None


def _only_in_json(
    conditions: Sequence[Any], names: FieldPath, path: YamlPath, known: KnownNames
) -> CatalogueFinding | None:
    """Return the finding for a `numeric` or a number without a condition that matches the text of XML bodies."""
    if not is_number(known.member(names)):
        return None
    has_text = any(kind and TEXT in kind for kind in map(_matched_types, conditions))
    if not has_text and (numeric := first_numeric(conditions)):
        position, operand = numeric
        reason = numeric_reason(names, operand, is_in_list=known.is_in_list(names))
        return CatalogueFinding((*path, position), WRONG_TYPE, reason)
    if numbers := only_numbers(conditions):
        reason = number_reason(".".join(names), numbers)
        return CatalogueFinding((*path, conditions.index(numbers[0])), WRONG_TYPE, reason)
    return None


_TEXTS: Final = frozenset({TEXT, NUMBER, FLAG})  # a number or a flag is text in XML
_VALUES: Final = frozenset({TEXT, NUMBER, FLAG, ANY})


def _matched_types(condition: Any) -> frozenset[str] | None:
    """Return the types that a condition can match, or None if it matches null, which every member can be."""
    match condition:
        case None:
            return None
        case bool():
            return frozenset({FLAG})
        case int() | float() | {"numeric": _}:
            return frozenset({NUMBER})
        case {"exists": _} | {"anything-but": _}:
            return _VALUES
    return _TEXTS


def _never(name: str, names: FieldPath, member: Member) -> str:
    if member.types == {OBJECT}:
        code = "value" if "value" in member.members else next(iter(member.members), "MEMBER")
        return f"{name} is an object, and conditions test only values; write {names[-1]}: {{{code}: […]}}"
    kind = "text" if TEXT in member.types else "a number" if NUMBER in member.types else "true or false"
    advice = "; compare it in if, as job_instance | counted(…) > 0" if names == _COUNTER else ""
    return f"{name} is always {kind} in Alma's events, so this never matches{advice}"
