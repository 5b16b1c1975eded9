"""The catalogue of known events: known_events.yaml, extended by the sample events of a project."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache, reduce
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from processor.alma.events import Event, parse
from processor.errors import Permanent
from scripts.alma_client.samples import read_samples
from scripts.catalogue.members import OBJECT, Member, declared, seen

FILE: Final = Path(__file__).with_name("known_events.yaml")
FROM_SAMPLES: Final = "The sample events of the project"

_ACTION: Final = ("action",)
_EVENT: Final = ("event", "value")


class Family(NamedTuple):
    """The events of one action. `events` are None if their values are unknown, `member` is empty likewise.

    `root` has all members of such an event.
    """

    action: str
    member: str
    events: tuple[str, ...] | None
    source: str
    root: Member


@dataclass(frozen=True)
class Catalogue:
    """The known families by action, in the order of the file."""

    families: dict[str, Family]

    def known(self, actions: Collection[str]) -> list[Family]:
        """Return the families of these actions, or all if none of them is known."""
        return [self.families[action] for action in actions if action in self.families] or [*self.families.values()]

    def root(self, actions: Collection[str] = ()) -> Member:
        """Return everything that an event of these actions is known to have; of any event without actions."""
        families = self.known(actions)
        root = reduce(Member.merged, (family.root for family in families), Member(frozenset({OBJECT})))
        listed = [family.events for family in families if family.events is not None]
        is_open = len(listed) < len(families) and families != [*self.families.values()]
        events = None if is_open else tuple(dict.fromkeys(value for values in listed for value in values))
        return _with_values(_with_values(root, _EVENT, events), _ACTION, tuple(self.families))

    def families_of(self, event: str) -> list[str]:
        """Return the actions that have this event value."""
        return [family.action for family in self.families.values() if event in (family.events or ())]

    def with_samples(self, bodies: Iterable[bytes]) -> "Catalogue":
        """Return the catalogue with what sample events have besides. A body that is not an event adds nothing."""
        families = dict(self.families)
        for body in bodies:
            try:
                event = parse(body)
            except Permanent:
                continue
            families[event.action] = _extended(families.get(event.action), event)
        return Catalogue(families)


def known_events(events: Path) -> Catalogue:
    """Return the known events, with those of a folder of sample events if it has an index."""
    if not (events / "index.yaml").is_file():
        return load()
    samples, _ = read_samples(events)  # `routes test` reports what cannot be read
    return load().with_samples(sample.body for sample in samples)


@cache
def load() -> Catalogue:
    """Return the catalogue of known_events.yaml."""
    data = yaml.load(FILE.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- both are safe
    envelope = declared(data["envelope"]["members"])
    families = {
        action: Family(
            action,
            form.get("member", ""),
            None if "events" not in form else tuple(form["events"]),
            form["source"],
            _root(envelope, form.get("member", ""), data),
        )
        for action, form in data["families"].items()
    }
    return Catalogue(families)


def _root(envelope: Member, member: str, data: dict[str, Any]) -> Member:
    root = envelope
    if member:
        root = root.with_member((member,), declared(data["objects"].get(member, {"members": "any"})["members"]))
    for path, form in data["values"].items():
        steps = tuple(path.split("."))
        if steps[0] == member:
            root = _with_values(root, steps, tuple(form["known"]))
    return root


def _with_values(root: Member, path: tuple[str, ...], values: tuple[str, ...] | None) -> Member:
    known = root.at(path)
    return root if known is None else root.with_member(path, replace(known, values=values))


def _extended(family: Family | None, event: Event) -> Family:
    known = family or Family(event.action, "", (), FROM_SAMPLES, Member(frozenset({OBJECT})))
    events = known.events
    if events is not None and event.event_value:
        events = tuple(dict.fromkeys((*events, event.event_value)))
    return known._replace(events=events, root=known.root.extended(seen(event.fields)))
