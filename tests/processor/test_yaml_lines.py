"""YAML with lines: values, where they stand, and what is refused."""

import pytest

from processor.yaml_lines import InvalidYamlError, read

TEXT = """\
a: {b: [1, "two"]}
c:
  - d: yes
    e: &anchor [x]
  -
    f: *anchor
"""


def test_data_and_lines() -> None:
    """The data is what YAML says, and each value's line is that of its key or its dash."""
    data, lines = read(TEXT)
    assert data == {"a": {"b": [1, "two"]}, "c": [{"d": True, "e": ["x"]}, {"f": ["x"]}]}
    assert lines.nearest(("c", 0, "e")) == (("c", 0, "e"), 4)
    assert lines.nearest(("c", 1, "f")) == (("c", 1, "f"), 6)


def test_steps_that_are_not_in_the_file_are_skipped() -> None:
    """The nearest known place stands in for one that is missing."""
    _, lines = read(TEXT)
    assert lines.nearest(("c", 0, "missing")) == (("c", 0), 3)
    assert lines.nearest(("c", 0, "a-tag", "d")) == (("c", 0, "d"), 3)
    assert lines.nearest(("nothing",)) == ((), 1)


def test_an_empty_text_is_none() -> None:
    """No document is no data."""
    assert read("# nothing\n")[0] is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [", 2, "not YAML"),
        ("a: 1\na: 2\n", 2, "stands twice"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", 4, "stands twice"),
        ("a: 1\n2: x\n", 2, "not text"),
        ("? !what [a]\n: 1\n", 1, "not text"),
        ("a: !what x\n", 1, "constructor"),
        ("a: &x [*x]\n", 1, "nested"),
        ("a:\n  " + "[" * 101 + "]" * 101, 2, "nested"),
        ("a: " + "[" * 5000, 0, "nested"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "too large"),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1\n", 1, "too large"),
        ('a: 1\nb: "\\ud83d\\ude00"\n', 2, "half a character"),
        ('a: "\\ud800"\n', 1, "half a character"),
        ('a: "\\udfff"\n', 1, "half a character"),
        ('a: !!int ""\n', 1, "number or a date"),
        ("a: !!timestamp x\n", 1, "number or a date"),
        ("a: {{ b }}\n", 1, "stands in quotes"),
        ("a:\n\t- b\n", 2, "indented with spaces"),
        ("a:\n  - b: 1\n   c: 2\n", 3, "indentation"),
        ("a: b: c\n", 1, "a colon stands where none can"),
        ("a: 'b\n", 2, "not closed"),
        ("a: 1\nb: 2024-02-30\n", 2, "number or a date"),
        ("a: 0x_\n", 1, "number or a date"),
        ("a: 1\nb: " + "9" * 5000 + "\n", 2, "number or a date"),
        ("2024-02-30: 1\n", 1, "number or a date"),
        ("a: !!int x\n", 1, "number or a date"),
        ("a: !!bool x\n", 1, "number or a date"),
        ("a: \x07\n", 0, "character"),
        ("a: 1\n---\nb: 2\n", 2, "document"),
    ],
)
def test_what_is_refused(text: str, line: int, reason: str) -> None:
    """Syntax, a key that stands twice, keys that are no text, tags, endless aliases; with the line where known."""
    with pytest.raises(InvalidYamlError, match=reason) as refused:
        read(text)
    assert refused.value.line == line


def test_aliases_in_aliases_do_not_fill_the_memory() -> None:
    """Eight lines that stand for a hundred million values are refused before these are made."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8))
    with pytest.raises(InvalidYamlError, match="too many values") as refused:
        read(bomb)
    assert refused.value.line == 1


def test_what_is_just_not_too_deep_is_read() -> None:
    """Ninety-nine levels below a key."""
    assert read("a: " + "[" * 99 + "x" + "]" * 99)[0]["a"][0]


def test_a_tag_runs_nothing() -> None:
    """A tag on a list builds the plain list, whatever it names."""
    assert read("a: !!python/object/apply:os.system [x]\n")[0] == {"a": ["x"]}
