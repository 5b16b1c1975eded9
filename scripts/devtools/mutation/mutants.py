"""Read the mutants of a mutmut run: the change of each, and whether a test killed it.

A mutant is one small change of the source. For each module, mutmut writes all mutants into one file below `mutants/`,
with the lines of their functions (`.spans`) and the exit code of pytest for each (`.meta`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from scripts.cli.exit_codes import FailedError

# Exit codes of mutmut: a test or pytest itself failed; the others are timeouts.
_KILLED = frozenset({1, 3, 24, 36, 152, 255, -9, -24})
_UNTRIED = frozenset({None, 2})


@dataclass(frozen=True)
class Mutant:
    """One change: `function` of `module` has `now` instead of `was`; lines without indentation.

    `name` is for `mutmut show`; its number changes with every edit of the function.
    """

    name: str
    module: str
    function: str
    was: str
    now: str
    is_killed: bool

    @property
    def place(self) -> str:
        """Module and function, `processor.routing.patterns.Pattern.mismatch`."""
        return f"{self.module}.{self.function}"


def read(folder: Path, patterns: Sequence[str] = ()) -> list[Mutant]:
    """Return the mutants of the last run whose names match a pattern, or all without patterns.

    Raise FailedError if there was no run or it is incomplete.
    """
    mutants: list[Mutant] = []
    for meta in sorted(folder.rglob("*.py.meta")):
        mutants.extend(_of_module(folder, meta.with_suffix(""), json.loads(meta.read_text("utf-8")), patterns))
    if not mutants:
        raise FailedError(
            f"No matching mutants in {folder}/. Run `make mutants`, and use the names that mutmut prints."
        )
    return mutants


def _of_module(folder: Path, path: Path, meta: dict[str, Any], patterns: Sequence[str]) -> Iterator[Mutant]:
    module = ".".join(path.relative_to(folder).with_suffix("").parts)
    lines = path.read_text("utf-8").splitlines()
    spans = json.loads(path.with_name(f"{path.name}.spans").read_text("utf-8"))["spans"]
    for name, code in meta["exit_code_by_key"].items():
        if patterns and not any(fnmatchcase(name, pattern) for pattern in patterns):
            continue
        if code in _UNTRIED:
            raise FailedError(f"The run was interrupted before {name}. Run `make mutants` again.")
        mangled = name.rpartition(".")[2]
        original, _, _ = mangled.partition("__mutmut_")
        function = original.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        sources = [_function(lines, spans[it], it, function) for it in (f"{original}__mutmut_orig", mangled)]
        yield Mutant(name, module, function, *_difference(*sources), is_killed=code in _KILLED)


def _function(lines: list[str], span: list[int], mangled: str, function: str) -> list[str]:
    first, last = span
    stripped = (line.strip() for line in lines[first - 1 : last])
    return [line.replace(mangled, function.rpartition(".")[2]) for line in stripped if line]


def _difference(original: list[str], changed: list[str]) -> tuple[str, str]:
    blocks = SequenceMatcher(None, original, changed, autojunk=False).get_opcodes()
    was = [line for kind, start, end, _, _ in blocks if kind != "equal" for line in original[start:end]]
    now = [line for kind, _, _, start, end in blocks if kind != "equal" for line in changed[start:end]]
    return " ".join(was), " ".join(now)
