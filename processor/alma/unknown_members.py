"""Finds members of events that the catalogue of known events lacks: Alma adds some without notice.

Only names are returned, never a value. Names are from outside too, so those that do not look like Alma's are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from processor.alma.known_members import KNOWN

MOST: Final = 20
"""The number of names that a worker reports."""

_LONGEST_NAME: Final = 40
_MOST_DIGITS: Final = 2

# The objects in each object, by name and path; the event itself has the path "".
_INNER: Final = {
    path: [(inner.rpartition(".")[2], inner) for inner in KNOWN if inner and inner.rpartition(".")[0] == path]
    for path in KNOWN
}


class UnknownMembers:
    """Reports each unknown member once in the life of a worker, so that neither its log nor its memory grows."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def new_in(self, fields: Mapping[str, Any]) -> list[str]:
        """Return the paths of unknown members of an event that were not reported before, such as `item_loan.copies`.

        They are sorted, and at most MOST in all calls together. A null member counts as absent.
        """
        found: list[str] = []
        _find(fields, "", found)
        if not found:  # the usual case, which takes some microseconds
            return found
        new = sorted({*found} - self._reported)[: MOST - len(self._reported)]
        self._reported.update(new)
        return new


def is_name(name: str) -> bool:
    """Return whether a name looks like one of Alma's: lower-case letters and underscores, then two digits at most.

    Ids, e-mail addresses and names of persons with an upper-case letter do not.
    """
    words = name.rstrip("0123456789")
    return (
        len(name) <= _LONGEST_NAME
        and len(name) - len(words) <= _MOST_DIGITS
        and name.isascii()
        and words.islower()
        and words.replace("_", "").isalpha()
    )


def _find(members: Mapping[str, Any], path: str, found: list[str]) -> None:
    """Add the paths of unknown members of the object at a path, and of the objects in it."""
    known = KNOWN[path]
    if not members.keys() <= known:
        unknown = (name for name in members.keys() - known if members[name] is not None and is_name(name))
        found += (f"{path}.{name}" if path else name for name in unknown)
    for name, inner in _INNER[path]:
        value = members.get(name)
        if isinstance(value, dict):
            _find(value, inner, found)
