"""Let commands share groups of flags: a parameter whose type is a dataclass stands for one flag per field."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints


def expand(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command as Typer needs it, with one parameter for each flag of its groups.

    A field is a flag if its type is `Annotated[…, typer.Option(…)]`; other fields keep their defaults. A flag
    without a default is required. A flag whose type is a tuple can be repeated.
    """
    kinds = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}

    @wraps(command)
    def expanded(**values: Any) -> None:
        made = {
            name: group(**{each.name: _value(each, values) for each in _flags(group)}) for name, group in groups.items()
        }
        command(**values, **made)

    parameters: list[Parameter] = []
    for each in signature(command).parameters.values():
        if each.name in groups:
            parameters += [_parameter(flag, each.default) for flag in _flags(groups[each.name])]
        else:
            parameters.append(each.replace(annotation=kinds[each.name]))
    expanded.__dict__["__signature__"] = Signature(parameters)
    expanded.__annotations__ = {each.name: each.annotation for each in parameters}
    return expanded


def _flags(group: Any) -> list[Field[Any]]:
    """Return the flags of the group, each with its type instead of the type's source text."""
    kinds = get_type_hints(group, include_extras=True)
    flags = [each for each in fields(group) if get_origin(kinds[each.name]) is Annotated]
    for each in flags:
        each.type = kinds[each.name]
    return flags


def _parameter(flag: Field[Any], group: Any) -> Parameter:
    """Return the parameter for the flag; a command may have a `group` with defaults of its own."""
    own = Parameter.empty if flag.default is MISSING else flag.default
    default: Any = own if group is Parameter.empty else getattr(group, flag.name)
    kind, *declared = get_args(flag.type)
    if get_origin(kind) is tuple:  # which Typer would take as a fixed number of values
        kind, default = list[get_args(kind)[0]] | None, list(default) or None  # type: ignore[misc] # made when the program runs
    return Parameter(flag.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[(kind, *declared)])


def _value(flag: Field[Any], values: dict[str, Any]) -> Any:
    value = values.pop(flag.name)
    return tuple(value or ()) if get_origin(get_args(flag.type)[0]) is tuple else value
