"""Write the names of known members as a module for the processor, which must not read YAML for them at its start.

`python -m scripts.catalogue.shipped_members > processor/alma/known_members.py` after a change of known_events.yaml.
"""

import sys
from collections.abc import Iterator
from textwrap import fill
from typing import Final

from scripts.catalogue.catalogue import load
from scripts.catalogue.members import Member

# The longest path of an object whose members are listed, in names: what Alma adds is found there.
_DEEPEST: Final = 2
_CODE: Final = "value"
_HEAD: Final = '''"""The names of the members that events are known to have, by the path of their object.

The path of the event itself is empty. `scripts/catalogue/shipped_members.py` writes this file from the catalogue of
known events; do not edit it. It has no codes, no lists and no objects whose members are not known.
"""

from typing import Final

_NAMES: Final = {
'''
_TAIL: Final = """}

KNOWN: Final = {path: frozenset(names.split()) for path, names in _NAMES.items()}
"""


def text() -> str:
    """Return the source of the module."""
    entries = (_entry(path, member) for path, member in _objects(load().root(), ()))
    return f"{_HEAD}{''.join(entries)}{_TAIL}"


def _objects(member: Member, path: tuple[str, ...]) -> Iterator[tuple[str, Member]]:
    """Yield the objects whose members are listed, each before those in it."""
    if member.is_list or not member.members or _CODE in member.members:
        return
    yield ".".join(path), member
    for name, inner in sorted(member.members.items()):
        if len(path) < _DEEPEST:
            yield from _objects(inner, (*path, name))


def _entry(path: str, member: Member) -> str:
    indent = " " * 8
    names = fill(" ".join(sorted(member.members)), 116, initial_indent=indent, subsequent_indent=indent)
    return f'    "{path}": """\n{names}\n    """,\n'


if __name__ == "__main__":
    sys.stdout.write(text())
