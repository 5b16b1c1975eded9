"""Compiles the templates of an integration, each in the language that it is written in."""

from functools import lru_cache

from notifications.dollar_template import DollarTemplate
from notifications.jinja_message import JinjaMessage
from notifications.topics import JinjaSource


@lru_cache(256)  # a producer meets the same topics again and again
def compiled_template(source: str | JinjaSource) -> DollarTemplate | JinjaMessage:
    """Return the compiled template: text with `$` placeholders, or Jinja2. Raise InvalidTemplateError."""
    return JinjaMessage(source.jinja) if isinstance(source, JinjaSource) else DollarTemplate(source)


def has_template(member: str) -> bool:
    """Return whether a text of `configuration`, which has templates in Jinja2 only, is to be compiled."""
    return "{" in member
