"""Reads a YAML text as plain data, with the line on which each value stands. Validates nothing but YAML itself."""

from typing import Any, NamedTuple

import yaml

from processor.routing import yaml_scalars

YamlPath = tuple[str | int, ...]

# Far beyond what routes need. What goes deeper, no pattern could be matched by; and aliases in aliases, a few lines of
# them, would be more values than there is memory.
_MAX_DEPTH = 100
_MAX_VALUES = 100_000


class InvalidYamlError(ValueError):
    """The text is no YAML that we read; `line` counts from 1, 0 when it is not known."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class UnclearValue(NamedTuple):
    """A value or key that YAML readers do not agree about, or that is not what it looks like."""

    path: YamlPath
    line: int
    reason: str


class UnclearYamlError(InvalidYamlError):
    """The text is YAML, and some of it is unclear. `unclear` names each place; `data` has those places as text."""

    def __init__(self, unclear: list[UnclearValue], data: Any) -> None:
        super().__init__(unclear[0].line, unclear[0].reason)
        self.unclear = unclear
        self.data = data


class Lines:
    """Where values stand: path → line, counted from 1."""

    def __init__(self) -> None:
        self._lines: dict[YamlPath, int] = {(): 1}

    def note(self, path: YamlPath, line: int) -> None:
        """Remembers that the value at `path` stands on `line`. Raises InvalidYamlError: too many, too deep."""
        if len(path) > _MAX_DEPTH:
            raise InvalidYamlError(line, "it is nested too deeply, or an alias contains itself")
        if len(self._lines) > _MAX_VALUES:
            raise InvalidYamlError(line, "the file has too many values, those that aliases repeat included")
        self._lines[path] = line

    def nearest(self, path: YamlPath) -> tuple[YamlPath, int]:
        """The longest part of the path that stands in the file, and its line; steps that do not are skipped."""
        known: YamlPath = ()
        for step in path:
            if (*known, step) in self._lines:
                known = (*known, step)
        return known, self._lines[known]


def read(text: str) -> tuple[Any, Lines]:
    """Return the text's data and lines. Raises InvalidYamlError, UnclearYamlError for repeated keys and for `NO`."""
    reader = _Reader()
    try:
        node = _composed(yaml.SafeLoader(text))
        data = reader.value(node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidYamlError(line, _in_plain_words(error)) from None
    except yaml.YAMLError as error:
        raise InvalidYamlError(0, str(error).splitlines()[0]) from None
    except RecursionError:
        raise InvalidYamlError(0, "it is nested too deeply, or an alias contains itself") from None
    if reader.unclear:
        raise UnclearYamlError(sorted(reader.unclear.values(), key=lambda value: value.line), data)
    return data, reader.lines


def _composed(loader: yaml.SafeLoader) -> yaml.Node | None:
    try:
        node: yaml.Node | None = loader.get_single_node()
    except (ValueError, OverflowError):  # of int and chr, which PyYAML lets through
        line = loader.get_mark().line + 1
        raise InvalidYamlError(line, "a number in an escape or in %YAML is too large") from None
    return node


class _Reader:
    """Makes plain data of nodes, and notes each value's line and each fault."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.unclear: dict[
            tuple[int, int], UnclearValue
        ] = {}  # by line and column: once, however many aliases repeat it

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, yaml_scalars.value_of(node))
        if node.tag not in _COLLECTION_TAGS:
            self._note_unclear(node, path, f"the tag {yaml_scalars.shown_tag(node.tag)} is not supported; remove it")
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
                reason = f"the key {key} stands twice, on lines {first_lines[key]} and {_line(key_node)}"
                self._note_unclear(key_node, (*path, key), f"{reason}; remove one")
                continue
            first_lines[key] = _line(key_node)
            self.lines.note((*path, key), _line(key_node))
            members[key] = self.value(value_node, (*path, key))
        return members

    def _key(self, node: yaml.Node, path: YamlPath) -> str:
        if isinstance(node, yaml.MappingNode):
            raise InvalidYamlError(_line(node), "a value with {{ … }} stands in quotes")
        if not isinstance(node, yaml.ScalarNode):
            raise InvalidYamlError(_line(node), "a key is not text; put it in quotes")
        return str(self._scalar(node, (*path, node.value), yaml_scalars.key_of(node)))

    def _scalar(self, node: yaml.ScalarNode, path: YamlPath, scalar: yaml_scalars.Scalar) -> Any:
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            raise InvalidYamlError(_line(node), "an escape stands for half a character; write the character itself")
        if scalar.unclear:
            self._note_unclear(node, path, scalar.unclear)
        return scalar.value

    def _note_unclear(self, node: yaml.Node, path: YamlPath, reason: str) -> None:
        place = (node.start_mark.line, node.start_mark.column)
        self.unclear.setdefault(place, UnclearValue(path, _line(node), reason))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _in_plain_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if problem == "second occurrence" and error.context_mark and error.problem_mark:
        lines = f"lines {error.context_mark.line + 1} and {error.problem_mark.line + 1}"
        return f"an anchor is defined twice, on {lines}; give each a name of its own"
    for sign, words in _PLAIN_WORDS.items():
        if sign in problem:
            return words
    return f"it is not YAML: {problem}"


_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_PLAIN_WORDS = {
    "character '\\t'": "a tab stands here; YAML is indented with spaces",
    "<block end>": "the indentation does not fit the lines above",
    "mapping values are not allowed": "a colon stands where none can; text with a colon in it stands in quotes",
    "unexpected end of stream": "a quote or bracket that was opened above is not closed",
}
