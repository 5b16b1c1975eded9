"""Count lines of code by folder, without comments, docstrings and blank lines.

Run it with `python -m scripts.devtools.code_lines [FOLDER …]`.
"""

import ast
import io
import sys
import tokenize
from pathlib import Path
from typing import Final

FOLDERS: Final = ("alma_webhooks", "ingest", "processor", "notifications", "scripts", "benchmarks")

_NOT_CODE: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    """Return how many lines of a module hold code: a token outside comments and docstrings."""
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _NOT_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - _docstring_lines(source))


def _docstring_lines(source: str) -> set[int]:
    """Return the lines of texts that stand alone: docstrings, also those of attributes."""
    texts = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return {line for text in texts for line in range(text.lineno, (text.end_lineno or text.lineno) + 1)}


def main() -> None:
    """Print the count of each folder and the sum. The arguments are folders; without any, those that are shipped."""
    counts = {
        folder: sum(code_lines(path.read_text("utf-8")) for path in Path(folder).rglob("*.py"))
        for folder in sys.argv[1:] or FOLDERS
    }
    for folder, count in counts.items():
        sys.stdout.write(f"{count:7,}  {folder}\n")
    sys.stdout.write(f"{sum(counts.values()):7,}  in all\n")


if __name__ == "__main__":
    main()
