"""Counts agree in number."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.cli.plural import plural


@pytest.mark.parametrize(
    ("count", "one", "many", "expected"),
    [
        (0, "dead letter", "", "0 dead letters"),
        (1, "dead letter", "", "1 dead letter"),
        (1200, "dead letter", "", "1,200 dead letters"),
        (1, "copy", "copies", "1 copy"),
        (2, "copy", "copies", "2 copies"),
        (1, "is", "are", "1 is"),
    ],
)
def test_counts_agree_with_what_they_count(count: int, one: str, many: str, expected: str) -> None:
    """One, none and many; nouns and verbs."""
    assert plural(count, one, many) == expected


SCRIPTS = Path(__file__).parents[3] / "scripts"

COUNTED = (
    "alarms|attempts|bytes|changes|characters|copies|cores|days|deliveries|events|executions|failures|files|hours|ids|"
    "kills|letters|lines|messages|minutes|mutants|posts|problems|profiles|requests|resources|routes|samples|seconds|"
    "stacks|survivors|times|topics|things|are|were|have"
)
# What stands behind a count: its noun or verb, also "dead letters" and "more events".
AFTER_A_COUNT = re.compile(rf" (?:(?:dead|more|other) )?(?:{COUNTED})\b")
# The same in a file, at the start of a text or behind a value: only such files are parsed, which takes longer.
IN_A_FILE = re.compile(rf"""[}}"']{AFTER_A_COUNT.pattern}""")

# What is never 1: the size of a zip, what is beyond limits of SQS or of ours, and the limits of a template's parameter.
NEVER_ONE = {
    *("len(built.content)", "len(message.attributes)", "message.size", "rules.get('MaxLength', 4096)"),
    *("len(note)", "len(text)"),
}


def counts_in(text: ast.JoinedStr) -> Iterator[str]:
    """Each value of an f-string that stands before a plural, but for constants and what `plural` returns."""
    for value, after in zip(text.values, text.values[1:], strict=False):
        if not (isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant)):
            continue
        counted = ast.unparse(value.value)
        is_text = counted.startswith("plural(") or counted.endswith((".name", ".stem"))
        if AFTER_A_COUNT.match(str(after.value)) and not is_text and not re.fullmatch(r"[A-Z_]+", counted):
            yield counted


def test_no_message_has_a_count_before_a_plural_of_its_own() -> None:
    """ "1 events" is what it would say of one: `plural` writes the count and its noun or verb."""
    found = {
        (path.relative_to(SCRIPTS).as_posix(), counted)
        for path in SCRIPTS.rglob("*.py")
        if IN_A_FILE.search(text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr)
        for counted in counts_in(node)
    }
    assert {(path, counted) for path, counted in found if counted not in NEVER_ONE} == set()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("f'{count} events'", ["count"]),
        ("f'{len(rows):,} dead letters are'", ["len(rows)"]),
        ("f'{count} are there'", ["count"]),
        ("f'{plural(count, \"event\")} are'", []),
        ("f'{MOST} times'", []),
        ("f'{name} finds them'", []),
    ],
)
def test_such_a_count_is_found(text: str, counts: list[str]) -> None:
    """In front of a noun or verb in the plural, also with a word between them."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.JoinedStr)
    assert list(counts_in(node)) == counts
