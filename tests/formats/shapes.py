"""The shape of JSON values: the names of their members, and types instead of values."""

from typing import Any, Final

_OR: Final = " or "
_MATCHED: Final = ("level", "message", "service", "outcome", "reason", "status", "secret", "result")


def shape(value: Any) -> Any:
    """Return the shape of a JSON value. A list has one shape for all of its members.

    The order of an object's members is kept. The name of a member that some objects of a list lack ends in "?".
    """
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return merged_list([shape(member) for member in value])
    return "null" if value is None else _TYPES[type(value)]


_TYPES: Final = {bool: "boolean", int: "number", float: "number", str: "string"}


def log_line_shape(line: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of a log line; values that metric filters and queries match are kept."""
    return {name: member if name in _MATCHED else shape(member) for name, member in line.items()}


def merged(one: Any, other: Any) -> Any:
    """Return the shape of values that have either of two shapes."""
    types, structure = _parts(one)
    more_types, more_structure = _parts(other)
    types |= more_types
    if structure is not None and more_structure is not None:
        structure = _merged_structures(structure, more_structure)
    elif structure is None:
        structure = more_structure
    names = _OR.join(sorted(types))
    if structure is None:
        return names
    return {f"{names} or": structure} if names else structure


def merged_list(shapes: list[Any]) -> list[Any]:
    """Return the shape of a list whose members have these shapes."""
    if not shapes:
        return []
    first, *others = shapes
    for other in others:
        first = merged(first, other)
    return [first]


def by_name(value: Any) -> Any:
    """Return a shape with the members of its objects sorted, for formats in which their order is irrelevant."""
    if isinstance(value, dict):
        return {name: by_name(value[name]) for name in sorted(value)}
    return [by_name(member) for member in value] if isinstance(value, list) else value


def _parts(value: Any) -> tuple[set[str], Any]:
    """Return the types of plain values that a shape allows, and its object or list, if any."""
    if isinstance(value, str):
        return set(value.split(_OR)), None
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).endswith(" or"):
        [(names, structure)] = value.items()
        return set(names.removesuffix(" or").split(_OR)), structure
    return set(), value


def _merged_structures(one: Any, other: Any) -> Any:
    if isinstance(one, list) and isinstance(other, list):
        return merged_list([*one, *other])
    members: dict[str, Any] = {}
    for name in dict.fromkeys(each.removesuffix("?") for each in (*one, *other)):
        found = [each[key] for each in (one, other) for key in (name, f"{name}?") if key in each]
        is_everywhere = name in one and name in other
        members[name if is_everywhere else f"{name}?"] = merged_list(found)[0]
    return members
