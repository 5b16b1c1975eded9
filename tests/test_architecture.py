"""The house rules that a machine can see: who may import whom, what every module and test says of itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = sorted(path for folder in ("ingest", "processor", "scripts") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

STANDARD = frozenset(sys.stdlib_module_names)
PURE = STANDARD | {
    "pydantic",
    "pydantic_core",
    "jinja2",
    "yaml",
    "defusedxml",
    "ingest.envelope",
    "ingest.sqs_text",
    "processor",
}
RIM = PURE | {"boto3", "botocore", "aws_lambda_powertools", "tenacity", "sentry_sdk"}
RIM |= {f"mypy_boto3_{service}" for service in ("sns", "stepfunctions", "sqs", "events", "lambda", "s3")}
RIM_MODULES = {
    f"processor/{name}.py"
    for name in (
        *("handler", "processing", "retries", "deliveries", "dead_letters", "webhook_queue", "overflow_bucket"),
        *("reports", "metrics", "sentry"),
    )
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def allowed(name: str) -> frozenset[str] | None:
    if name.startswith("scripts/"):
        return None
    if name.startswith("ingest/"):
        return STANDARD | {"ingest"}
    return RIM if name in RIM_MODULES or name.startswith("processor/targets/") else PURE


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(path: Path) -> list[str]:
    permitted = allowed(name_of(path))
    if permitted is None:
        return []
    modules = [module for module in imports(path) if not is_permitted(module, permitted)]
    return [module for module in modules if not any(f"{module}." in f"{deeper}." for deeper in permitted)]


def is_permitted(module: str, permitted: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in permitted for length in range(1, len(parts) + 1))


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_modules_import_only_what_their_part_of_the_house_may(path: Path) -> None:
    """Ingest has the standard library, the processor's pure modules no AWS, and nobody imports scripts."""
    assert forbidden(path) == []


def test_the_rule_sees_what_it_forbids(tmp_path: Path) -> None:
    """The rule above would find a forbidden import, wherever it stands in a module."""
    assert not is_permitted("boto3", PURE)
    assert not is_permitted("processor.events", STANDARD | {"ingest"})
    assert not is_permitted("scripts.cli", RIM)
    assert not is_permitted("ingest.handler", RIM)
    assert is_permitted("ingest.envelope.Envelope", PURE)
    module = tmp_path / "module.py"
    module.write_text("def f():\n    from boto3 import client\n")
    assert list(imports(module)) == ["boto3", "boto3.client"]


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    """A module's first line is a sentence."""
    first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
    assert first.endswith("."), first


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_has_its_sentence(path: Path) -> None:
    """What a test shows is said in its docstring."""
    tests = [function for function in functions(path) if function.name.startswith("test_")]
    assert [test.name for test in tests if not (ast.get_docstring(test) or "").endswith(".")] == []


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_files_and_functions_stay_small(path: Path) -> None:
    """No file above 200 lines and no function above 30."""
    assert path.read_text("utf-8").count("\n") <= 200
    assert [f.name for f in functions(path) if f.end_lineno and f.end_lineno - f.lineno >= 30] == []


def test_no_module_is_named_after_nothing() -> None:
    """A module's name says what it holds."""
    assert {path.stem for path in SOURCE} & {"utils", "helpers", "common", "core", "manager"} == set()


def clocks(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each parameter's default and each keyword that is a clock of `time`, as (name, clock)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            given = [
                *zip(reversed(named), reversed(node.defaults), strict=False),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            pairs = [(argument.arg, default) for argument, default in given]
        elif isinstance(node, ast.Call):
            pairs = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        else:
            continue
        for name, value in pairs:
            if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "time":
                yield name, value.attr


@pytest.mark.parametrize(("name", "clock"), [("monotonic", "monotonic"), ("wall", "time")])
def test_f36_durations_are_measured_by_the_monotonic_clock(name: str, clock: str) -> None:
    """What is called monotonic is `time.monotonic` everywhere, and what is called wall is `time.time`."""
    found = {
        (name_of(path), given)
        for path in SOURCE
        for called, given in clocks(ast.parse(path.read_text("utf-8")))
        if called == name
    }
    assert found
    assert {(path, given) for path, given in found if given != clock} == set()
