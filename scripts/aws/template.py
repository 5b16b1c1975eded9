"""Read a CloudFormation template, including the short forms of functions. Functions are not resolved."""

from pathlib import Path
from typing import Any, Final

import yaml

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT

_FOLDER: Final = PROJECT / "infra" / "cloudformation"
PIPELINE: Final = _FOLDER / "pipeline.yaml"
OBSERVABILITY: Final = _FOLDER / "observability.yaml"
NOTIFICATIONS: Final = _FOLDER / "notifications.yaml"


# libyaml's loader is ten times faster; PyYAML lacks it where it was built without libyaml.
_FastLoader: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TemplateLoader(_FastLoader):  # type: ignore[misc, valid-type] # a class by name
    """A loader for CloudFormation's tags. It reads dates as text, such as a policy's Version."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- PyYAML's own class attribute, replaced as it documents
        first_character: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first_character, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 -- PyYAML's own
        """Construct a mapping. Raise YAMLError for a repeated key; PyYAML would keep the last one."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in lines:
                raise yaml.YAMLError(f"the key {name} is repeated, on lines {lines[name]} and {line}")
            lines[name] = line
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)} if isinstance(node, yaml.MappingNode) else {name: None}


_TemplateLoader.add_multi_constructor("!", _function)


def load(path: Path = PIPELINE) -> dict[str, Any]:
    """Return the template with every function in long form: `!Ref X` as `{"Ref": "X"}`. Raise ConfigurationError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The template {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"The template {path} is not UTF-8 text.") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the template of a YAML or JSON text. Raise ConfigurationError, which quotes `name`, for other texts."""
    try:
        template = yaml.load(text, _TemplateLoader)  # noqa: S506 -- a SafeLoader with tags
    except yaml.YAMLError as error:
        raise ConfigurationError(f"The template {name} cannot be read: {_problem_of(error)}.") from None
    except RecursionError:
        raise ConfigurationError(f"The template {name} is nested too deeply.") from None
    if not isinstance(template, dict):
        raise ConfigurationError(f"The template {name} is not a YAML mapping.")
    return template


def _problem_of(error: yaml.YAMLError) -> str:
    """Return what is wrong with the text, and the line if PyYAML knows it."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        return f"{error.problem}, on line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]
