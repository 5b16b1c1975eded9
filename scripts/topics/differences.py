"""Compare the topics of notifications.yaml with those of the table, field by field."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from notifications.secret_shapes import secrets_in
from notifications.topic_file import DeclaredTopic
from notifications.topics import Topic
from scripts.topics.topic_store import StoredTopic, TopicStore


class TopicAction(StrEnum):
    """What happens to a topic when the file is applied."""

    create = "create"
    change = "change"
    unchanged = "unchanged"
    keep = "keep"  # it is in the table and not in the file
    remove = "remove"

    @property
    def done(self) -> str:
        """The word for a result: created, changed, removed."""
        return f"{self.value.removesuffix('e')}ed"


class FieldDifference(NamedTuple):
    """A field such as `integrations.team.model`, and its values; None where it does not exist.

    A value that looks like a secret, which only a change by hand can have written, is replaced by a note.
    """

    field: str
    before: Any
    after: Any


class TopicDifference(NamedTuple):
    """What happens to one topic. `topic` is the declared one with its id, `before` the item that was read."""

    action: TopicAction
    path: str
    topic: Topic | None
    before: StoredTopic | None
    fields: tuple[FieldDifference, ...] = ()

    @property
    def id(self) -> str:
        """The topic hash: the one to write, else the one that is stored, else an empty text."""
        return str(self.topic.id) if self.topic else self.before.id if self.before else ""

    def write_to(self, store: TopicStore) -> bool:
        """Put or delete the topic. Return False, and change nothing, if it was changed since it was read."""
        if self.topic:
            return store.put(self.topic, self.before)
        return self.before is not None and store.delete(self.before)


CHANGING: Final = frozenset({TopicAction.create, TopicAction.change, TopicAction.remove})


def differences(
    declared: Iterable[DeclaredTopic], stored: Mapping[str, StoredTopic], *, prune: bool
) -> list[TopicDifference]:
    """Return what happens to each topic, those of the file first. Topics keep their ids; new ones get a random one."""
    found = [_of_declared(each, stored) for each in declared]
    names = {each.topic.name for each in found if each.topic}
    action = TopicAction.remove if prune else TopicAction.keep
    others = (before for name, before in stored.items() if name not in names)
    return [*found, *(TopicDifference(action, before.path, None, before) for before in others)]


def shown_fields(topic: Topic) -> dict[str, Any]:
    """Return the content of a topic by field, without what looks like a secret."""
    return {field: without_secret(value) for field, value in _content(topic).items()}


def without_secret(value: Any) -> Any:
    """Return a JSON value with a note in the place of each text that looks like a secret."""
    if isinstance(value, dict):
        return {name: without_secret(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_secret(member) for member in value]
    found = next(secrets_in(value), None) if isinstance(value, str) else None
    return f"(not shown: it looks like {found.kind})" if found else value


def _of_declared(declared: DeclaredTopic, stored: Mapping[str, StoredTopic]) -> TopicDifference:
    path = f"{declared.channel}/{declared.topic}"
    before = stored.get(f"{declared.channel}+{declared.topic}")
    topic = declared.with_id(_id_of(before))
    if before is None:
        return TopicDifference(TopicAction.create, path, topic, None)
    if before.topic == topic:
        return TopicDifference(TopicAction.unchanged, path, topic, before)
    fields = tuple(_fields(before.topic, topic)) if before.topic else ()
    return TopicDifference(TopicAction.change, path, topic, before, fields)


def _id_of(before: StoredTopic | None) -> UUID:
    try:
        return UUID(before.id) if before else uuid4()
    except ValueError:  # changed by hand; no post can have it
        return uuid4()


def _fields(before: Topic, after: Topic) -> Iterator[FieldDifference]:
    old, new = _content(before), _content(after)
    for field in dict.fromkeys((*old, *new)):
        if old.get(field) != new.get(field):
            yield FieldDifference(field, without_secret(old.get(field)), without_secret(new.get(field)))
    if before.id != after.id:
        yield FieldDifference("id", str(before.id), str(after.id))
    names = [[entry.name for entry in each.integrations] for each in (before, after)]
    if sorted(names[0]) == sorted(names[1]) and names[0] != names[1]:
        yield FieldDifference("integrations", *names)


def _content(topic: Topic) -> dict[str, Any]:
    return dict(_flat(topic.model_dump(mode="json", exclude={"id", "channel", "topic"})))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of a value with their paths; integrations are named instead of numbered."""
    if isinstance(value, list) and value and all(isinstance(each, dict) and "name" in each for each in value):
        value = {each["name"]: {name: member for name, member in each.items() if name != "name"} for each in value}
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _flat(member, f"{path}.{name}" if path else str(name))
    elif path:
        yield path, value
