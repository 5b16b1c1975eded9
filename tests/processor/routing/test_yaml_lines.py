"""YAML with lines: values, their lines, and rejected files."""

import sys
from types import FrameType
from typing import Any

import pytest

from processor.routing.yaml_lines import InvalidYamlError, UnclearYamlError, read

TEXT = """\
a: {b: [1, "two"]}
c:
  - d: true
    e: &anchor [x]
  -
    f: *anchor
"""


def test_data_and_lines() -> None:
    """Values are those of YAML, and the line of a value is that of its key or dash."""
    data, lines = read(TEXT)
    assert data == {"a": {"b": [1, "two"]}, "c": [{"d": True, "e": ["x"]}, {"f": ["x"]}]}
    assert lines.nearest(("c", 0, "e")) == (("c", 0, "e"), 4)
    assert lines.nearest(("c", 1, "f")) == (("c", 1, "f"), 6)


def test_a_long_text_is_searched_once_however_many_aliases_repeat_it() -> None:
    """The work grows with the file, not with the length of what its aliases stand for."""
    text = f"a: &a '{'x' * 10_000}'\nb: [{', '.join(['*a'] * 100)}]"
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        data, _ = read(text)
    finally:
        sys.setprofile(None)
    assert len(data["b"]) == 100
    assert calls < 300_000


def test_unknown_steps_are_skipped() -> None:
    """A missing place has the line of its nearest known parent."""
    _, lines = read(TEXT)
    assert lines.nearest(("c", 0, "missing")) == (("c", 0), 3)
    assert lines.nearest(("c", 0, "a-tag", "d")) == (("c", 0, "d"), 3)
    assert lines.nearest(("nothing",)) == ((), 1)


def test_an_empty_text_has_no_data() -> None:
    """An empty document has no data."""
    assert read("# nothing\n")[0] is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [", 2, "invalid YAML"),
        ("a: 1\na: 2\n", 2, "duplicate key a on lines 1 and 2"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", 4, "duplicate key b on lines 2 and 4"),
        ("a: 1\n2: x\n", 2, 'a key must be text; write "2"'),
        ("? !what [a]\n: 1\n", 1, "must be text"),
        ("a: !what x\n", 1, "the tag !what is not supported"),
        ("a: !what [x]\n", 1, "the tag !what is not supported"),
        ("a: !!set {x}\n", 1, "the tag !!set is not supported"),
        ("a: &x [*x]\n", 1, "nested"),
        ("a:\n  " + "[" * 101 + "]" * 101, 2, "nested"),
        ("a: " + "[\n " * 5000, 0, "nested"),  # on one line PyYAML looks for the end of each key
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "too large"),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1\n", 1, "too large"),
        ('a: 1\nb: "\\ud83d\\ude00"\n', 2, "half of a surrogate pair"),
        ('a: "\\ud800"\n', 1, "half of a surrogate pair"),
        ('a: "\\udfff"\n', 1, "half of a surrogate pair"),
        ('a: !!int ""\n', 1, "the tag !!int is not supported"),
        ("a: !!timestamp x\n", 1, "the tag !!timestamp is not supported"),
        ("a: {{ b }}\n", 1, "in quotes"),
        ("a:\n\t- b\n", 2, "indent YAML with spaces"),
        ("a:\n  - b: 1\n   c: 2\n", 3, "indentation"),
        ("a: b: c\n", 1, "unexpected colon"),
        ("a: 'b\n", 2, "not closed"),
        ("a: 1\nb: 2024-02-30\n", 2, 'a date; write "2024-02-30"'),
        ("a: 0x_\n", 1, 'a number; write "0x_"'),
        ("a: 1\nb: " + "9" * 5000 + "\n", 2, "9{40}… is too large"),
        ("a: 1\nb: " + "9" * 400 + ".0\n", 2, "9{40}… is too large"),
        ("a: &x [1]\nb: &x [2]\n", 2, "an anchor is defined twice, on lines 1 and 2"),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}\n", 2, "the merge key << is not supported"),
        ("2024-02-30: 1\n", 1, "a date"),
        ("a: !!int x\n", 1, "tag !!int"),
        ("a: !!bool x\n", 1, "tag !!bool"),
        ("a: \x07\n", 0, "character"),
        ("a: 1\n---\nb: 2\n", 2, "document"),
    ],
)
def test_invalid_yaml_is_rejected(text: str, line: int, reason: str) -> None:
    """Invalid syntax, repeated keys and anchors, keys other than text, tags and endless aliases are rejected."""
    with pytest.raises(InvalidYamlError, match=reason) as raised:
        read(text)
    assert raised.value.line == line
    assert raised.value.mistakes[0][1:] == (line, str(raised.value))


def test_nested_aliases_do_not_exhaust_the_memory() -> None:
    """Eight lines that would expand to a hundred million values are rejected."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8))
    with pytest.raises(InvalidYamlError, match="too many values") as raised:
        read(bomb)
    assert raised.value.line == 1


def test_the_deepest_allowed_file_is_read() -> None:
    """Ninety-nine levels below a key are read."""
    assert read("a: " + "[" * 99 + "x" + "]" * 99)[0]["a"][0]


def test_a_tag_executes_nothing() -> None:
    """A tag that names a function is rejected, and the function is not called."""
    with pytest.raises(InvalidYamlError, match=r"the tag !!python/object/apply:os\.abort is not supported; remove it"):
        read("a: !!python/object/apply:os.abort []\n")


def test_a_problem_in_an_anchor_is_reported_once() -> None:
    """Aliases repeat a value, but not its problems."""
    with pytest.raises(UnclearYamlError) as rejected:
        read("a: &x [NO, {b: 1, b: 2}]\nc: [*x, *x]\n")
    assert [(value.path, value.line) for value in rejected.value.mistakes] == [(("a", 0), 1), (("a", 1, "b"), 1)]
