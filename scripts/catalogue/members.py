"""The members of events: their JSON types, the values they are known to have, and the members inside objects."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

TEXT: Final = "text"
NUMBER: Final = "number"
FLAG: Final = "flag"
OBJECT: Final = "object"
ANY: Final = "any"

_CODE: Final = {"value": TEXT, "desc": TEXT}


@dataclass(frozen=True)
class Member:
    """A member of an event. `types` are its JSON types, or those of its elements if it is a list.

    `values` are None if it can have any value. `members` are those of an object. `is_documented` is false for a member
    that only sample events have.
    """

    types: frozenset[str] = frozenset()
    values: tuple[str, ...] | None = None
    members: Mapping[str, "Member"] = field(default_factory=dict)
    is_list: bool = False
    is_documented: bool = True

    def at(self, path: Iterable[str]) -> "Member | None":
        """Return the member at a path below this one; ANYTHING below a member that is not checked, None if unknown."""
        found = self
        for step in path:
            if ANY in found.types:
                return ANYTHING
            if step not in found.members:
                return None
            found = found.members[step]
        return found

    def with_member(self, path: tuple[str, ...], member: "Member") -> "Member":
        """Return this member with another one at the path below it."""
        if not path:
            return member
        first, *rest = path
        below = self.members.get(first, Member(frozenset({OBJECT})))
        return replace(self, members={**self.members, first: below.with_member(tuple(rest), member)})

    def merged(self, other: "Member") -> "Member":
        """Return a member that is known to have everything that either of the two has."""
        names = [*self.members, *(name for name in other.members if name not in self.members)]
        return Member(
            self.types | other.types,
            _all_values(self.values, other.values),
            {name: _merged(self.members.get(name), other.members.get(name)) for name in names},
            self.is_list or other.is_list,
            self.is_documented or other.is_documented,
        )

    def extended(self, sample: "Member") -> "Member":
        """Return this member with what a sample event has. Values are added only where the values are known."""
        names = [*self.members, *(name for name in sample.members if name not in self.members)]
        return replace(
            self,
            types=self.types | sample.types,
            values=None if self.values is None else _all_values(self.values, sample.values or ()),
            members={name: self._extended(name, sample) for name in names},
            is_list=self.is_list or sample.is_list,
        )

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[str, "Member"]]:
        """Yield every member below this one that has values of a known type, with its path; [] marks a list."""
        for name, member in self.members.items():
            here = (*path, f"{name}[]" if member.is_list else name)
            if member.types - {OBJECT} or (member.types and not member.members):
                yield ".".join(here), member
            yield from member.walk(here)

    def _extended(self, name: str, sample: "Member") -> "Member":
        known = self.members.get(name) or Member(is_documented=False)
        return known.extended(sample.members[name]) if name in sample.members else known


ANYTHING: Final = Member(frozenset({ANY}))


def declared(form: Any) -> Member:
    """Return the member that known_events.yaml declares: the name of a type, an object, or a list with one entry."""
    if isinstance(form, list):
        return replace(declared(form[0]), is_list=True)
    if form == "code":
        return declared(_CODE)
    if isinstance(form, Mapping):
        return Member(frozenset({OBJECT}), members={name: declared(each) for name, each in form.items()})
    return Member(frozenset({form}))


def seen(value: Any) -> Member:
    """Return the member that a value of a sample event shows."""
    if isinstance(value, list):
        return replace(reduce(Member.merged, map(seen, value), Member()), is_list=True)
    if isinstance(value, Mapping):
        return Member(frozenset({OBJECT}), members={name: seen(each) for name, each in value.items()})
    if isinstance(value, str):
        return Member(frozenset({TEXT}), values=(value,))
    if value is None:
        return Member()
    return Member(frozenset({FLAG if isinstance(value, bool) else NUMBER}))


def _merged(one: Member | None, other: Member | None) -> Member:
    if one is None or other is None:
        return one or other or Member()
    return one.merged(other)


def _all_values(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if one is None or other is None else tuple(dict.fromkeys((*one, *other)))
