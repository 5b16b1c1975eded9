"""Composes the notifications of a post: one for each integration of its topic, rendered and ready to be queued."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from notifications.errors import Permanent
from notifications.fitting import fit
from notifications.integrations.integration import RENDERED, Configuration, Integration
from notifications.message_template import compiled_template, has_template
from notifications.notification import Fallback, Notification
from notifications.topics import IntegrationEntry, JinjaSource, Topic
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import InvalidTemplateError

# In characters: an e-mail address of 254 (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets) and a name. A value
# that is cut ends with "…", which no address and no phone number has.
LONGEST_MEMBER: Final = 400


class ComposedPost(NamedTuple):
    """The notifications of a post, and by their names the variables of models that had no value and stayed."""

    notifications: tuple[Notification, ...]
    unknown: Mapping[str, frozenset[str]]

    @property
    def unknown_variables(self) -> int:
        """The number of variables without a value, in all models together."""
        return sum(map(len, self.unknown.values()))


def compose(
    topic: Topic, values: Mapping[str, Any], source: str, integrations: Mapping[str, Integration[Any]]
) -> ComposedPost:
    """Return the notifications of a post. The same arguments make the same notifications.

    Those that can fall back have the fallback of the topic with them. `source` identifies what is notified of, with its
    kind (`sns:` and the MessageId). `integrations` is by type. Raise Permanent for the first integration that fails, so
    that nothing of the post is sent: template if the values do not suit a template, too-large, or refused if the topic
    itself has to be applied again.
    """
    parts = [_Composer(entry, topic, values, integrations).part() for entry in topic.integrations]
    fallbacks = []
    if topic.fallback and any(part.can_fall_back for part in parts):
        fallbacks = [_Composer(topic.fallback, topic, values, integrations).part()]
    identity = identity_of(topic.name, source)
    fallback = fallbacks[0].content if fallbacks else None
    notifications = tuple(
        Notification(*part.content, identity, topic.name, fallback=fallback if part.can_fall_back else None)
        for part in parts
    )
    return ComposedPost(notifications, {each.content.name: each.unknown for each in parts + fallbacks if each.unknown})


def identity_of(topic: str, source: str) -> str:
    """Return the SHA-256 (hex) that identifies what is notified of; `topic` is `channel+topic`."""
    return hashlib.sha256(json.dumps(["notifications", topic, source]).encode()).hexdigest()  # JSON separates any texts


def known_members(form: type[Configuration]) -> frozenset[str]:
    """Return the names of the members that a configuration of this form can have."""
    return frozenset(field.alias or name for name, field in form.model_fields.items())


class ComposedPart(NamedTuple):
    """What goes to one integration, and whether the fallback of the topic can be sent instead."""

    content: Fallback
    unknown: frozenset[str]
    can_fall_back: bool


class _Composer:
    """Makes the parts of one notification. Every method raises Permanent."""

    def __init__(
        self,
        entry: IntegrationEntry,
        topic: Topic,
        values: Mapping[str, Any],
        integrations: Mapping[str, Integration[Any]],
    ) -> None:
        self._entry = entry
        self._values = values
        self._place = f"of the integration {entry.name} in {topic.name}"
        self._target = f"{entry.type}:{entry.name}@{topic.name}"
        if entry.type not in integrations:
            raise self._failure("refused", f"type {self._place} is unknown; apply the topic again", "type")
        self._integration = integrations[entry.type]

    def part(self) -> ComposedPart:
        """Return all of it."""
        credentials, configuration = self.configuration()
        message, unknown = self.message(configuration)
        content = Fallback(self._entry.name, credentials, message)
        return ComposedPart(content, unknown, self._integration.can_fall_back(configuration))

    def configuration(self) -> tuple[dict[str, Any], Any]:
        """Return the configuration with rendered members, plain with its `type`, and as the integration reads it.

        Unknown members are left out: a newer version can have written them.
        """
        form = self._integration.configuration
        known = known_members(form)
        members = {
            name: self._rendered(value, name) for name, value in self._entry.configuration.items() if name in known
        }
        try:
            return {"type": self._entry.type, **members}, form.model_validate(members, context=RENDERED)
        except ValidationError as error:
            name = str(next(iter(error.errors(include_input=False)[0]["loc"]), ""))
        field = f"configuration.{name}".removesuffix(".")
        if name in form.templated:
            raise self._failure("template", f"{field} {self._place} is not valid with these values", field)
        raise self._failure("refused", f"{field} {self._place} is not valid; apply the topic again", field)

    def message(self, configuration: Any) -> tuple[str, frozenset[str]]:
        """Return the text, which the service accepts by its length, and the names of variables without a value."""
        integration, model = self._integration, self._entry.model
        text, unknown = self._text(
            model, "model", integration.escape, lambda text: integration.fits(text, configuration)
        )
        if not text.strip():
            raise self._failure("template", f"model {self._place} gives an empty message", "model")
        if mistake := integration.mistake(text):
            raise self._failure("template", f"model {self._place} gives a text that {mistake}", "model")
        return text, unknown

    def _rendered(self, value: Any, name: str) -> Any:
        """Return a member with its templates rendered. The id of a person is one in any member."""
        form = self._integration.configuration
        if isinstance(value, list):
            return [self._rendered(each, name) for each in value]
        if isinstance(value, dict) and name == form.addressee:
            return {key: self._person_id(each, name) for key, each in value.items()}
        return self._rendered_text(value, name) if name in form.templated else value

    def _person_id(self, value: Any, name: str) -> Any:
        """Return the id of a person; an empty one, which nobody has, if the values have none."""
        try:
            return self._rendered_text(value, name)
        except Permanent as failure:
            if failure.cause_class != "template":
                raise
            return ""

    def _rendered_text(self, value: Any, name: str) -> Any:
        if not isinstance(value, str) or not has_template(value):
            return value
        field = f"configuration.{name}"
        return self._text(JinjaSource(jinja=value), field, str, lambda text: len(text) <= LONGEST_MEMBER)[0]

    def _text(
        self, source: str | JinjaSource, field: str, escape: Callable[[str], str], fits: Callable[[str], bool]
    ) -> tuple[str, frozenset[str]]:
        try:
            rendered = compiled_template(source).render(self._values)
        except InvalidTemplateError as error:
            reason = f"is not a valid template: {error}"
        except TemplateFailedError as error:
            reason = str(error)
        else:
            if (text := fit(rendered.pieces, escape, fits)) is not None:
                return text, rendered.unknown
            raise self._failure("too-large", f"{field} {self._place} is too long, even with short values", field)
        raise self._failure("template", f"{field} {self._place} {reason}", field)

    def _failure(self, cause_class: Any, reason: str, field: str) -> Permanent:
        return Permanent(cause_class, reason, target=self._target, field=field)
