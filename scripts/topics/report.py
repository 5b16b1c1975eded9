"""Format topics, and what is done to them, as data and as lines of text. Prints nothing; contains no secret."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.topics.differences import FieldDifference, TopicAction, TopicDifference, shown_fields
from scripts.topics.references import MissingSecret
from scripts.topics.service import TopicPlan
from scripts.topics.topic_store import StoredTopic

_LABEL: Final = 11
_LONGEST_VALUE: Final = 160
_CONTEXT: Final = 30
_STAY: Final = {TopicAction.unchanged: "unchanged", TopicAction.keep: "kept"}


def topic_data(stored: StoredTopic, missing: Sequence[MissingSecret], options: str) -> Data:
    """Return a topic of the table. `problem` says why it cannot be used, and is null for a valid one."""
    integrations = stored.topic.integrations if stored.topic else ()
    return {
        "topic": stored.path,
        "id": stored.id or None,
        "integrations": [{"name": entry.name, "type": entry.type} for entry in integrations],
        "missing_secrets": missing_data([each for each in missing if stored.path in each.topics], options),
        "problem": stored.problem or None,
    }


def missing_data(missing: Sequence[MissingSecret], options: str) -> list[Data]:
    """Return the secrets that are not stored, each with the command that stores it."""
    return [{"name": each.name, "topics": list(each.topics), "store": each.command(options)} for each in missing]


def topic_lines(data: Data) -> Iterator[str]:
    """Yield a topic of `topic_data` as a paragraph, with its fields if it has them."""
    yield escape(f"{data['topic']}  {_integrations(data)}")
    yield f"  {'id':<{_LABEL}}{data['id'] or 'none'}"
    if data["problem"]:
        yield escape(f"  {'problem':<{_LABEL}}{data['problem']}")
    for name, value in data.get("fields", {}).items():
        yield escape(f"  {name}  {_text(value)}")
    for secret in data["missing_secrets"]:
        yield escape(f"  {'missing':<{_LABEL}}the secret {secret['name']}; to store it: {secret['store']}")


def list_lines(topics: Sequence[Data], apply: str) -> Iterator[str]:
    """Yield all topics. `apply` is the command that creates some."""
    for data in topics:
        yield from topic_lines(data)
    if not topics:
        yield f"No topics. Write notifications.yaml, then: {apply}"


def shown_topic(stored: StoredTopic, missing: Sequence[MissingSecret], options: str) -> Data:
    """Return a topic with its content by field."""
    return topic_data(stored, missing, options) | {"fields": shown_fields(stored.topic) if stored.topic else {}}


def plan_lines(plan: TopicPlan, options: str) -> Iterator[str]:
    """Yield what `apply` does to each topic, field by field, and what is missing."""
    for each in plan.differences:
        yield escape(f"{each.action.value:<{_LABEL}}{each.path}{_about(each)}")
        yield from (escape(f"  {_field(one)}") for one in each.fields)
    yield from (escape(f"warning: {each.sentence(options)}") for each in plan.missing)


def plan_data(plan: TopicPlan, options: str, *, is_applied: bool = False) -> Data:
    """Return the plan, or its result. A topic that is yet to be created has no id."""
    return {
        "applied": is_applied,
        "topics": [_difference_data(each, plan, is_applied=is_applied) for each in plan.differences],
        "changed_meanwhile": plan.changed_meanwhile,
        "missing_secrets": missing_data(plan.missing, options),
    }


def result_lines(data: Data) -> Iterator[str]:
    """Yield the result of `apply`: counts, and the id of each topic, which a post carries as the topic hash."""
    counts = Counter(each["change"] for each in data["topics"] if each["done"])
    done = [f"{counts[action]} {action.done}" for action in TopicAction if counts[action]]
    stay = Counter(each["change"] for each in data["topics"])
    done += [f"{stay[each]} {word}" for each, word in _STAY.items() if stay[each]]
    yield f"{plural(len(data['topics']), 'topic')}: {', '.join(done) or 'nothing to change'}"
    yield from (f"  {each['topic']}  id {each['id']}" for each in data["topics"] if each["id"] and _stays(each))


def _stays(each: Data) -> bool:
    return not (each["done"] and each["change"] == TopicAction.remove)


def _difference_data(each: TopicDifference, plan: TopicPlan, *, is_applied: bool) -> Data:
    is_done = is_applied and each in plan.done
    is_known = is_done or each.before is not None
    return {
        "topic": each.path,
        "id": (each.id or None) if is_known else None,
        "change": each.action.value,
        "done": is_done,
        "fields": [one._asdict() for one in each.fields],
    }


def _about(each: TopicDifference) -> str:
    if each.action is TopicAction.keep:
        return ": it is not in notifications.yaml; pass --prune to remove it"
    if each.action is TopicAction.remove:
        return (
            ": it is not in notifications.yaml; posts to it will be answered with 404, and events of routes to it "
            "become dead letters"
        )
    if each.action is TopicAction.create and each.topic:
        return f": {', '.join(f'{entry.name} ({entry.type})' for entry in each.topic.integrations)}"
    if each.before and not each.before.topic:
        return ": what is stored is not valid, and is replaced"
    return ""


def _integrations(data: Data) -> str:
    return ", ".join(f"{each['name']} ({each['type']})" for each in data["integrations"])


def _field(one: FieldDifference) -> str:
    if one.before is None:
        return f"{one.field}: added {_text(one.after)}"
    if one.after is None:
        return f"{one.field}: removed {_text(one.before)}"
    before, after = _text(one.before), _text(one.after)
    start = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), 0)
    return f"{one.field}: {_around(before, start)} → {_around(after, start)}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _around(text: str, start: int) -> str:
    """Return a text, or the part of a long one in which it begins to differ."""
    if len(text) <= _LONGEST_VALUE:
        return text
    begin = max(0, min(start - _CONTEXT, len(text) - _LONGEST_VALUE))
    end = begin + _LONGEST_VALUE
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
