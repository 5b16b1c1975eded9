"""Reads a YAML text as plain data, with the line on which each value stands. Validates nothing but YAML itself."""

from typing import Any

import yaml

Path = tuple[str | int, ...]

# Far beyond what routes need. What goes deeper, no pattern could be matched by; and aliases in aliases, a few lines of
# them, would be more values than there is memory.
_MAX_DEPTH = 100
_MAX_VALUES = 100_000


class InvalidYamlError(ValueError):
    """The text is no YAML that we read; `line` counts from 1, 0 when it is not known."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class Lines:
    """Where values stand: path → line, counted from 1."""

    def __init__(self) -> None:
        self._lines: dict[Path, int] = {(): 1}

    def note(self, path: Path, line: int) -> None:
        """Remembers that the value at `path` stands on `line`. Raises InvalidYamlError: too many, too deep."""
        if len(path) > _MAX_DEPTH:
            raise InvalidYamlError(line, "it is nested too deeply, or an alias contains itself")
        if len(self._lines) > _MAX_VALUES:
            raise InvalidYamlError(line, "the file has too many values, those that aliases repeat included")
        self._lines[path] = line

    def nearest(self, path: Path) -> tuple[Path, int]:
        """The longest part of the path that stands in the file, and its line; steps that do not are skipped."""
        known: Path = ()
        for step in path:
            if (*known, step) in self._lines:
                known = (*known, step)
        return known, self._lines[known]


def read(text: str) -> tuple[Any, Lines]:
    """The text's data and lines. Raises InvalidYamlError, also for a key that stands twice in one mapping."""
    lines = Lines()
    try:
        loader = yaml.SafeLoader(text)
        node = _composed(loader)
        return (_construct(loader, node, (), lines) if node else None), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidYamlError(line, _in_plain_words(error.problem or "")) from None
    except yaml.YAMLError as error:
        raise InvalidYamlError(0, str(error).splitlines()[0]) from None
    except RecursionError:
        raise InvalidYamlError(0, "it is nested too deeply, or an alias contains itself") from None


def _composed(loader: yaml.SafeLoader) -> yaml.Node | None:
    try:
        node: yaml.Node | None = loader.get_single_node()
    except (ValueError, OverflowError):  # of int and chr, which PyYAML lets through
        line = loader.get_mark().line + 1
        raise InvalidYamlError(line, "a number in an escape or in %YAML is too large") from None
    return node


def _construct(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: Lines) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            lines.note((*path, index), child.start_mark.line + 1)
        return [_construct(loader, child, (*path, index), lines) for index, child in enumerate(node.value)]
    return _scalar(loader, node)


def _scalar(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    try:
        value = loader.construct_object(node)
    except (ValueError, LookupError, OverflowError, AttributeError):
        reason = "this looks like a number or a date and is none; put it in quotes"
        raise InvalidYamlError(line, reason) from None
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidYamlError(line, "an escape stands for half a character; write the character itself")
    return value


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path, lines: Lines) -> dict[Any, Any]:
    members: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _scalar(loader, key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if isinstance(key_node, yaml.MappingNode):
            raise InvalidYamlError(line, "a value with {{ … }} stands in quotes")
        if not isinstance(key, str):
            raise InvalidYamlError(line, "a key is not text; put it in quotes")
        if key in members:
            raise InvalidYamlError(line, f"the key {key} stands twice")
        lines.note((*path, key), line)
        members[key] = _construct(loader, value_node, (*path, key), lines)
    return members


def _in_plain_words(problem: str) -> str:
    for sign, words in _PLAIN_WORDS.items():
        if sign in problem:
            return words
    return f"it is not YAML: {problem}"


_PLAIN_WORDS = {
    "character '\\t'": "a tab stands here; YAML is indented with spaces",
    "<block end>": "the indentation does not fit the lines above",
    "mapping values are not allowed": "a colon stands where none can; text with a colon in it stands in quotes",
    "unexpected end of stream": "a quote or bracket that was opened above is not closed",
}
