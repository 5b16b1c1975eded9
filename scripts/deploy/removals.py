"""Show what a deployment removes before anything is changed, and reject it unless --allow-removal names it."""

import shlex
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple, Self

from scripts.aws import mark
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.change_sets import ChangeSet, ResourceChange

ALARMS: Final = "alarms"
"""The kind and the name of the removal of a tier of alarms."""

_KEPT: Final = "its queues and tables are kept, and its URL will be another one"
_KEPT_OF_PART: Final = "only what its template retains is kept"

_WORDS: Final = {"profile": "Alma profile", "address": "alarm address", "state-machine": "state machine"}
_BY_TEMPLATE: Final = "the change set removes or replaces it"

_ACTIONS: Final = frozenset({"remove", "replace", "may replace"})
_TYPES: Final = {
    "AWS::SNS::Topic": "topic",
    "AWS::ApiGatewayV2::DomainName": "domain",
    "AWS::SNS::Subscription": "address",
}
# They exist only in some tiers of alarms, so the removal of a tier covers them.
_OF_ALARMS: Final = frozenset({"AlarmTopic", "AlarmSubscription"})


class Removal(NamedTuple):
    """One removed item. `kind` is a word for it, `name` the name that its users know.

    `is_narrowing`: a route that stays, and delivers less than before.
    """

    kind: str
    name: str
    effect: str
    is_narrowing: bool = False

    @property
    def word(self) -> str:
        """The kind in words."""
        return _WORDS.get(self.kind, self.kind)

    def __str__(self) -> str:
        """Return one line for people."""
        what = f"{self.word} {self.name}" if self.kind != self.name else self.name
        return f"{what}: {self.effect}" if self.effect else what


class Removals(NamedTuple):
    """What a deployment removes, and what is allowed. `names` maps logical ids to the names of removable resources."""

    found: tuple[Removal, ...] = ()
    allowed: frozenset[str] = frozenset()
    names: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()

    def with_parts(self, pipeline: str, stacks: Iterable[str]) -> Self:
        """Return these removals with those of the stacks of the pipeline's parts, by name."""
        parts = (_of_part(name.removeprefix(f"{pipeline}-"), name) for name in stacks)
        return self._replace(found=(*self.found, *parts))

    @property
    def unused(self) -> list[str]:
        """The allowed names that match no removal."""
        return sorted(each for each in self.allowed if not any(each in _names(one) for one in self.found))

    @property
    def flags(self) -> str:
        """The flags that allow every removal, or an empty text."""
        return self._flags(self.found)

    def check(self) -> None:
        """Raise RejectedError with each removal that is not allowed, and the flags that allow it."""
        self._check(self.found)

    def check_change_set(self, change_set: ChangeSet) -> None:
        """Raise RejectedError for further removals in the change set, such as a topic missing from the template."""
        known = {(each.kind, each.name) for each in self.found}
        changes = [each for each in change_set.changes if self._is_removal(each)]
        more = [Removal(_TYPES[each.kind], self.names.get(each.name, each.name), _BY_TEMPLATE) for each in changes]
        where = f" in stack {change_set.request.name}"
        self._check([each for each in more if (each.kind, each.name) not in known], where)

    def _is_removal(self, change: ResourceChange) -> bool:
        """Return whether a change removes something in use. Addresses and domains count only if one was set."""
        if change.name in _OF_ALARMS and any(each.kind == ALARMS for each in self.found):
            return False
        is_used = change.kind == "AWS::SNS::Topic" or (change.kind in _TYPES and change.name in self.names)
        return is_used and change.action in _ACTIONS

    def _check(self, found: Iterable[Removal], where: str = "") -> None:
        rejected = [each for each in found if not self._is_allowed(each)]
        if rejected:
            raise RejectedError(
                f"Nothing was changed{where}, because this deployment {_described(rejected)}. "
                f"To allow that, add {self._flags(rejected)}."
            )

    def _flags(self, found: Iterable[Removal]) -> str:
        return " ".join(f"--allow-removal {shlex.quote(self._flag(each))}" for each in found)

    def _is_allowed(self, removal: Removal) -> bool:
        return self._flag(removal) in self.allowed or f"{removal.kind}:{removal.name}" in self.allowed

    def _flag(self, removal: Removal) -> str:
        """Return the name for the flag, with its kind if items of two kinds with that name are removed."""
        is_ambiguous = len({each.kind for each in self.found if each.name == removal.name}) > 1
        return f"{removal.kind}:{removal.name}" if is_ambiguous else removal.name


def _of_part(part: str, stack: str) -> Removal:
    kind, kept = (part, _KEPT) if part == mark.NOTIFICATIONS else ("part", _KEPT_OF_PART)
    return Removal(kind, part, f"the stack {stack} is deleted; {kept}")


def _described(found: Collection[Removal]) -> str:
    """Return what is removed and what is narrowed, as the predicate of a sentence."""
    verbs = {"removes": [each for each in found if not each.is_narrowing]}
    verbs["narrows"] = [each for each in found if each.is_narrowing]
    return ", and ".join(f"{verb} {'; '.join(map(str, some))}" for verb, some in verbs.items() if some)


def _names(removal: Removal) -> tuple[str, str]:
    return removal.name, f"{removal.kind}:{removal.name}"
