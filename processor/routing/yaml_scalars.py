"""Interprets one YAML scalar. `processor.routing.yaml_lines` reads the structure.

YAML 1.1, YAML 1.2 and their readers disagree about unquoted values: `NO` can be false, `012` can be ten. A value is
accepted only if all of them read it as it looks: `true`, `false`, `null`, a plain decimal number, or text.

The tag `!json` marks a text that is JSON after rendering, in the places where the reader of a file allows it.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

TEXT_TAG = "tag:yaml.org,2002:str"
JSON_TAG = "!json"
_STANDARD = "tag:yaml.org,2002:"
_LIKE_JSON = {"!json", "!!json"}
_LONGEST_SHOWN = 40

_WORDS = {"true": True, "false": False, "null": None}
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")

# Text for PyYAML, but something else for other readers of YAML 1.1 or 1.2.
_BOOLEAN = re.compile("y|n|yes|no|on|off|true|false", re.IGNORECASE)
_NULL = re.compile("~|null", re.IGNORECASE)
_NUMBER = re.compile(
    r"[-+]?(0[box][0-9a-f_]+"
    r"|[0-9][0-9_]*(:[0-9_]+)*(\.[0-9_]*)?(e[-+]?[0-9]+)?"
    r"|\.[0-9][0-9_.]*(e[-+]?[0-9]+)?"
    r"|\.(inf|nan))",
    re.IGNORECASE,
)
_KINDS = {"bool": "true or false", "null": "null", "int": "a number", "float": "a number", "timestamp": "a date"}
_PLAIN_FORMS = {
    "true or false": ", or true or false without quotes",
    "null": ", or null without quotes",
    "a number": ", or a plain decimal number",
}
_RESOLVER = yaml.resolver.Resolver()


@dataclass(frozen=True)
class JsonText:
    """A text with the tag `!json`: a template whose rendered text is a JSON value."""

    source: str


class Scalar(NamedTuple):
    """The meaning of a scalar. If it is unclear, `unclear` says why and what to write, and `value` is the text."""

    value: Any
    unclear: str = ""


def value_of(node: yaml.ScalarNode) -> Scalar:
    """Return the meaning of a value."""
    if _has_tag(node):
        return Scalar(node.value, unsupported(node.tag))
    if node.style is not None or node.tag == TEXT_TAG != _resolved(node.value):
        return Scalar(node.value)  # quoted, or with the tag !!str
    return _plain(node.value)


def key_of(node: yaml.ScalarNode) -> Scalar:
    """Return the meaning of a key, which is always text."""
    if node.value == "<<" and node.style is None:
        return Scalar(node.value, "the merge key << is not supported; write out the members")
    found = value_of(node)
    if found.unclear or isinstance(found.value, str):
        return found
    return Scalar(node.value, f"a key must be text; write {_quoted(node.value)}")


def unsupported(tag: str) -> str:
    """Return why a tag is rejected, with the tag as written in the file: `!!int`, `!what`."""
    if tag == JSON_TAG:
        return "!json is supported only in message and input of an entry of deliver; remove it"
    shown = tag.replace(_STANDARD, "!!", 1)
    return f"the tag {shown} is not supported; {'write !json' if shown.lower() in _LIKE_JSON else 'remove it'}"


def _has_tag(node: yaml.ScalarNode) -> bool:
    """Return whether a tag other than !!str changes the meaning of the scalar."""
    return node.tag != TEXT_TAG and node.tag != (_resolved(node.value) if node.style is None else TEXT_TAG)


def _resolved(text: str) -> str:
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # not in its stubs
    return str(tag)


def _plain(text: str) -> Scalar:
    if text in _WORDS:
        return Scalar(_WORDS[text])
    if not text:
        return Scalar(text, 'the value is missing; write "" for empty text, or null, or remove the line')
    if _DECIMAL.fullmatch(text):
        return _number(text)
    if kind := _looks_like(text):
        ambiguous = f"{_short(text)} is ambiguous: YAML readers can take it for {kind}"
        return Scalar(text, f"{ambiguous}; write {_quoted(text)}{_PLAIN_FORMS.get(kind, '')}")
    return Scalar(text)


def _number(text: str) -> Scalar:
    try:
        value = float(text) if "." in text else int(text)
    except ValueError:  # Python converts no more than 4,300 digits
        value = math.inf
    if isinstance(value, float) and math.isinf(value):
        return Scalar(text, f"the number {_short(text)} is too large; write it in quotes if it is text")
    return Scalar(value)


def _looks_like(text: str) -> str:
    """Return what readers can take the text for ("a number"), or empty text if all take it for text."""
    if _BOOLEAN.fullmatch(text):
        return _KINDS["bool"]
    if _NULL.fullmatch(text):
        return _KINDS["null"]
    if _NUMBER.fullmatch(text):
        return _KINDS["int"]
    resolved = _resolved(text)
    return "" if resolved == TEXT_TAG else _KINDS.get(resolved.removeprefix(_STANDARD), "a part of YAML itself")


def _quoted(text: str) -> str:
    return json.dumps(_short(text), ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
