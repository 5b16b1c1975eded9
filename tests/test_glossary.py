"""Retired words of docs/glossary.md are not used in the source, the templates and the documents."""

import io
import re
import tokenize
from collections.abc import Iterator
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

# Where a retired word is another's: Alma's and AWS's terms, letters of an alphabet.
EXEMPT = {
    "letter": r"dead[-_ ]letters?|dead\s+#?\s*letters?|[- ]case letters?|letters?(?:, | and )digits|letters? beyond"
    r"|a letter first|job or letters|(?:sent|with) a letter|the letters again|ascii_letters|`Letters?`",
    "balance": r"load[- ]balanc\w+",
}


ANY_RETIRED = re.compile("|".join(map(re.escape, RETIRED)), re.IGNORECASE)


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text of what people read: strings, comments and names of Python, all of other files."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        yield from enumerate(text.split("\n"), 1)
        return
    kinds = {tokenize.STRING, tokenize.COMMENT, tokenize.NAME}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def documents() -> list[Path]:
    """Return the files that people read, without the glossary itself and the history of changes."""
    source = [path for part in ("ingest", "processor", "scripts", "benchmarks") for path in (ROOT / part).rglob("*.py")]
    pages = [path for path in (ROOT / "docs").glob("*.md") if path != GLOSSARY]
    pages += [ROOT / name for name in ("README.md", "RUNBOOK.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")]
    return [*source, *pages, *(ROOT / "infra" / "cloudformation").glob("*.yaml")]


def uses(word: str, text: str) -> bool:
    """Return whether a text has the word, alone or as a part of a name, and not in one of its exempt phrases."""
    text = re.sub(EXEMPT.get(word, r"(?!)"), " ", text, flags=re.IGNORECASE)
    return bool(re.search(rf"(?<![A-Za-z]){re.escape(word)}s?(?![a-z])", text, re.IGNORECASE))


def test_the_glossary_retires_words() -> None:
    """The table is read: words of several columns and rows are there."""
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
    """Not in other words, and not in its exempt phrases."""
    assert uses(word, text) is expected


def test_retired_words_are_not_used() -> None:
    """Each is named with its file and line; the glossary says what to use instead."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in documents()
        for number, text in prose(path)
        if ANY_RETIRED.search(text)
        for word in RETIRED
        if uses(word, text)
    ]
    assert found == []
