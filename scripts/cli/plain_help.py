"""Name the values of flags in `--help` TEXT, NUMBER or FILE. Typer would show Python types, such as list[str]."""

from typing import Any, Final

from scripts.cli.program import HELP_FLAGS

_NAMES: Final = {
    "bool": "",
    "str": "TEXT",
    **dict.fromkeys(("int", "float", "int range", "float range", "integer range"), "NUMBER"),
    **dict.fromkeys(("Path", "path", "file"), "FILE"),
    "directory": "FOLDER",
}


def name_types_plainly(command: Any) -> None:
    """Do so for a command, or for a group and its commands."""
    context = command.context_class(command, **HELP_FLAGS)
    for parameter in command.get_params(context):
        name_type_plainly(parameter, context)
    for each in getattr(command, "commands", {}).values():
        name_types_plainly(each)


def name_type_plainly(parameter: Any, context: Any) -> None:
    """Do so for one flag or argument. A metavar that a command has set stays."""
    name = parameter.metavar if parameter.param_type_name == "option" else None
    if name is None:
        name = _name_of(parameter.display_type(context))
    parameter.display_type_rich = lambda ctx: name  # noqa: ARG005 -- the signature is Typer's


def _name_of(shown: str) -> str:
    name = shown.removeprefix("<").removesuffix(">").removeprefix("list[").removesuffix("]")
    return _NAMES.get(name, name)
