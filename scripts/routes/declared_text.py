"""Add the declarations of topics and state machines to the text of a routes file. Everything else stays as it is."""

from collections.abc import Mapping, Sequence

from processor.routing.models import read_yaml
from scripts.project.yaml_text import scalar

_COMMENT = "# What the stack creates for the routes, or finds outside. `init --from-stack` took this from the stack."


def with_declarations(text: str, topics: Sequence[str], machines: Mapping[str, str]) -> str:
    """Return the text with these topics and state machines before its first key.

    `machines` has the YAML text of each declaration by name. Raise InvalidYamlError for a text that is not YAML.
    """
    if not topics and not machines:
        return text
    data, lines = read_yaml(text)
    first = min((lines.nearest((key,))[1] for key in data), default=1)
    end = "\r\n" if "\r\n" in text else "\n"
    before = text.splitlines(keepends=True)
    added = [_COMMENT]
    if topics:
        added += ["topics:", *(f"  - {scalar(name)}" for name in topics)]
    if machines:
        added += ["state_machines:", *(f"  {name}: {text}" for name, text in machines.items())]
    return "".join([*before[: first - 1], *(line + end for line in [*added, ""]), *before[first - 1 :]])
