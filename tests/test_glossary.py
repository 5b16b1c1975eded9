"""Retired words of docs/glossary.md are not used in the source, the tests, the templates and the documents."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
RETIRED = sorted(
    {
        word.strip()
        for cell in re.findall(r"(?m)^\| [^|]+ \|(?: [^|]+ \|)? ([^|]+) \|$", GLOSSARY.read_text("utf-8"))
        for word in cell.split(",")
        if word.strip() not in {"", "retired", "---"}
    }
)

# Phrases in which a retired word is allowed: terms of Alma, AWS and GitHub, letters of the alphabet, and sample data.
EXEMPT = {
    "letter": r"dead[-_ ]letters?|dead\s+#?\s*letters?|[- ]case letters?|letters?(?:, | and )digits|letters? beyond"
    r"|a letter first|job or letters|(?:sent|with) a letter|the letters again|ascii_letters|`Letters?`"
    r"|Alma letters?|Collected Letters of Nobody|kills\|letters\|lines",
    "balance": r"load[- ]balanc\w+",
    "workflow": r"\.github/workflows|\"workflows\"|the app Workflows|Workflows for Microsoft Teams",
}

# Parts of tests that are not scanned: sample bodies, golden output, and this test, which quotes the words.
SAMPLE_DATA = (
    "examples/complete/events/*.json",
    "examples/complete/events/*.xml",
    "tests/golden/*",
    "tests/test_glossary.py",
)

_WORDS = "|".join(map(re.escape, RETIRED))
ANY_RETIRED = re.compile(_WORDS, re.IGNORECASE)
# A quick look at a file in lower case. Most files have a retired word only in the name of a dead letter.
LIKELY = re.compile(rf"(?<![a-z])(?<!dead[-_ ])(?:{_WORDS.lower()})s?(?![a-z])")


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text of all that people read: strings, comments and names in Python, all of other files."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        yield from enumerate(text.split("\n"), 1)
        return
    kinds = {tokenize.STRING, tokenize.COMMENT, tokenize.NAME}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def is_in(path: Path, patterns: Iterable[str]) -> bool:
    """Return whether the path of a file in the project matches one of the patterns."""
    return any(fnmatchcase(path.relative_to(ROOT).as_posix(), pattern) for pattern in patterns)


def sources_of_tests() -> list[Path]:
    """Return the source files of the tests, without sample data."""
    files = [path for suffix in ("py", "yaml") for path in (ROOT / "tests").rglob(f"*.{suffix}")]
    return [path for path in files if not is_in(path, SAMPLE_DATA)]


def documents() -> list[Path]:
    """Return the source files and documents, without the glossary itself."""
    parts = ("ingest", "processor", "notifications", "scripts", "benchmarks")
    source = [path for part in parts for path in (ROOT / part).rglob("*.py")]
    pages = [path for path in (ROOT / "docs").glob("*.md") if path != GLOSSARY]
    pages += [ROOT / name for name in ("README.md", "RUNBOOK.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")]
    examples = [path for suffix in ("py", "yaml", "md") for path in (ROOT / "examples").rglob(f"*.{suffix}")]
    return [*source, *pages, *examples, *(ROOT / "infra" / "cloudformation").glob("*.yaml")]


def uses(word: str, text: str) -> bool:
    """Return whether a text has the word, alone or as a part of a name, and not in one of its exempt phrases."""
    text = re.sub(EXEMPT.get(word, r"(?!)"), " ", text, flags=re.IGNORECASE)
    return bool(re.search(rf"(?<![A-Za-z]){re.escape(word)}s?(?![a-z])", text, re.IGNORECASE))


def test_the_glossary_retires_words() -> None:
    """The table in the glossary has retired words in several columns and rows."""
    assert {"lease", "workflow", "told", "engine"} <= set(RETIRED)


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("lease", "releases the lock", False),
        ("lease", "the Leases table", True),
        ("letter", "a dead letter", False),
        ("letter", "the letter's body", True),
        ("workflow", "workflow_names", True),
        ("told", "is told", True),
        ("told", "threshold", False),
    ],
)
def test_a_word_is_found_alone_and_in_names(word: str, text: str, expected: bool) -> None:
    """A retired word is found alone and in names, but not in other words or exempt phrases."""
    assert uses(word, text) is expected


def retired_words(paths: Iterable[Path]) -> list[str]:
    """Return file, line and word of each retired word in these files."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in paths
        if LIKELY.search(path.read_text("utf-8").lower())
        for number, text in prose(path)
        if ANY_RETIRED.search(text)
        for word in RETIRED
        if uses(word, text)
    ]


def test_retired_words_are_not_used() -> None:
    """No source file and no document uses a retired word; the glossary has a word to use instead."""
    assert retired_words(documents()) == []


def test_retired_words_are_not_used_in_tests() -> None:
    """No test uses a retired word."""
    assert retired_words(sources_of_tests()) == []
