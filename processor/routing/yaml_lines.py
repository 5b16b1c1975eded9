"""Reads YAML text as plain data, with the line of each value. Validates only the YAML itself."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from processor.routing import yaml_scalars
from processor.routing.yaml_scalars import JsonText, Scalar

YamlPath = tuple[str | int, ...]

# Far more than routes need. Patterns of more levels could not be matched, and a few lines of nested aliases could make
# more values than fit in memory.
_MAX_DEPTH = 100
_MAX_VALUES = 100_000


class YamlMistake(NamedTuple):
    """What is wrong with a value or key, or with the text as a whole (an empty path)."""

    path: YamlPath
    line: int
    reason: str


class InvalidYamlError(ValueError):
    """The text is not YAML that we accept; `line` counts from 1 and is 0 if unknown. `mistakes` has at least one."""

    data: Any = None

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.mistakes = [YamlMistake((), line, reason)]


class UnclearYamlError(InvalidYamlError):
    """The text is YAML, but YAML readers interpret some of it differently. `data` has those values as text."""

    def __init__(self, mistakes: list[YamlMistake], data: Any) -> None:
        super().__init__(mistakes[0].line, mistakes[0].reason)
        self.mistakes = mistakes
        self.data = data


def _nowhere(_: YamlPath) -> bool:
    return False


class Lines:
    """The lines of values by path, counted from 1."""

    def __init__(self) -> None:
        self._lines: dict[YamlPath, int] = {(): 1}

    def note(self, path: YamlPath, line: int) -> None:
        """Note the line of the value at `path`. Raise InvalidYamlError for too many values or levels."""
        if len(path) > _MAX_DEPTH:
            raise InvalidYamlError(line, "too deeply nested, or an alias contains itself")
        if len(self._lines) > _MAX_VALUES:
            raise InvalidYamlError(line, "the file has too many values, including those that aliases repeat")
        self._lines[path] = line

    def nearest(self, path: YamlPath) -> tuple[YamlPath, int]:
        """Return the longest part of the path that is in the file, and its line; unknown steps are skipped."""
        known: YamlPath = ()
        for step in path:
            if (*known, step) in self._lines:
                known = (*known, step)
        return known, self._lines[known]


def read(text: str, json_allowed: Callable[[YamlPath], bool] = _nowhere) -> tuple[Any, Lines]:
    """Return the data and lines of the text. Raise InvalidYamlError; UnclearYamlError for duplicate keys and `NO`.

    `json_allowed` returns whether texts at a path can have the tag `!json`; they become JsonText.
    """
    reader = _Reader(json_allowed)
    try:
        node = _composed(yaml.SafeLoader(text))
        data = reader.value(node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidYamlError(line, _in_plain_words(error)) from None
    except yaml.YAMLError as error:
        raise InvalidYamlError(0, str(error).splitlines()[0]) from None
    except RecursionError:
        raise InvalidYamlError(0, "too deeply nested, or an alias contains itself") from None
    if reader.unclear:
        raise UnclearYamlError(sorted(reader.unclear.values(), key=lambda value: value.line), data)
    return data, reader.lines


def walk(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, Any]]:
    """Yield a value and all values inside it, each with its path; `path` is that of the value."""
    yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from walk(member, (*path, step))


def _composed(loader: yaml.SafeLoader) -> yaml.Node | None:
    try:
        node: yaml.Node | None = loader.get_single_node()
    except (ValueError, OverflowError):  # of int and chr, which PyYAML lets through
        line = loader.get_mark().line + 1
        raise InvalidYamlError(line, "a number in an escape or in %YAML is too large") from None
    return node


class _Reader:
    """Converts nodes to plain data, and notes the line of each value and all unclear values."""

    def __init__(self, json_allowed: Callable[[YamlPath], bool]) -> None:
        self._json_allowed = json_allowed
        self.lines = Lines()
        self._read: set[int] = (
            set()
        )  # ids of scalar nodes: a long text is searched once, however many aliases repeat it
        self.unclear: dict[
            tuple[int, int], YamlMistake
        ] = {}  # by line and column: once, however many aliases repeat it

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        is_json = node.tag == yaml_scalars.JSON_TAG and self._json_allowed(path)
        if isinstance(node, yaml.ScalarNode):
            scalar = Scalar(JsonText(node.value)) if is_json else yaml_scalars.value_of(node)
            return self._scalar(node, path, scalar)
        if node.tag not in _COLLECTION_TAGS:
            reason = _JSON_COLLECTION if is_json else yaml_scalars.unsupported(node.tag)
            self._note_unclear(node, path, reason)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        for index, child in enumerate(node.value):
            self.lines.note((*path, index), _line(child))
        return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        members: dict[str, Any] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in members:
                reason = f"duplicate key {key} on lines {first_lines[key]} and {_line(key_node)}"
                self._note_unclear(key_node, (*path, key), f"{reason}; remove one")
                continue
            first_lines[key] = _line(key_node)
            self.lines.note((*path, key), _line(key_node))
            members[key] = self.value(value_node, (*path, key))
        return members

    def _key(self, node: yaml.Node, path: YamlPath) -> str:
        if isinstance(node, yaml.MappingNode):
            raise InvalidYamlError(_line(node), "put a value with {{ … }} in quotes")
        if not isinstance(node, yaml.ScalarNode):
            raise InvalidYamlError(_line(node), "a key must be text; put it in quotes")
        return str(self._scalar(node, (*path, node.value), yaml_scalars.key_of(node)))

    def _scalar(self, node: yaml.ScalarNode, path: YamlPath, scalar: Scalar) -> Any:
        text = node.value
        if not text.isascii() and id(node) not in self._read and any("\ud800" <= each <= "\udfff" for each in text):
            raise InvalidYamlError(
                _line(node), "an escape encodes half of a surrogate pair; write the character itself"
            )
        self._read.add(id(node))
        if scalar.unclear:
            self._note_unclear(node, path, scalar.unclear)
        return scalar.value

    def _note_unclear(self, node: yaml.Node, path: YamlPath, reason: str) -> None:
        place = (node.start_mark.line, node.start_mark.column)
        self.unclear.setdefault(place, YamlMistake(path, _line(node), reason))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _in_plain_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if problem == "second occurrence" and error.context_mark and error.problem_mark:
        lines = f"lines {error.context_mark.line + 1} and {error.problem_mark.line + 1}"
        return f"an anchor is defined twice, on {lines}; give each its own name"
    for sign, words in _PLAIN_WORDS.items():
        if sign in problem:
            return words
    return f"invalid YAML: {problem}"


_JSON_COLLECTION = "!json goes before a text; mappings and lists become JSON without it, so remove it"
_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_PLAIN_WORDS = {
    "character '\\t'": "unexpected tab; indent YAML with spaces",
    "<block end>": "the indentation does not match the lines above",
    "mapping values are not allowed": "unexpected colon; put text that contains a colon in quotes",
    "undefined alias": "an alias (*name) needs its anchor (&name); put text that begins with * in quotes",
    "tag handle": "a tag (!name) is not supported; put text that begins with ! in quotes",
    "unexpected end of stream": "a quote or bracket that was opened above is not closed",
}
