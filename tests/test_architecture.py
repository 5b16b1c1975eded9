"""The checkable rules of the code: imports, docstrings, sizes and names."""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCE_FOLDERS = ("alma_webhooks", "ingest", "processor", "notifications", "scripts", "benchmarks", "examples")
SOURCE = sorted(path for folder in SOURCE_FOLDERS for path in (ROOT / folder).rglob("*.py"))
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
# The notification functions: their clients are types only, outside the modules of the rim.
NOTIFICATIONS = PURE | {"notifications", "mypy_boto3_sns", "mypy_boto3_sesv2"}
NOTIFICATIONS_RIM = NOTIFICATIONS | RIM | {"mypy_boto3_dynamodb", "mypy_boto3_ssm"}
NOTIFICATIONS_RIM |= {"cryptography", "requests", "requests_hardened", "urllib3", "standardwebhooks"}
# The only module of the processor that imports the notifications; the handler imports it for routes that need it.
NOTIFICATION_TARGET = RIM | {"notifications", "mypy_boto3_dynamodb"}
# The code of further parts in the examples: it may import what the zip of a part contains, and its own requirements.
CODE_OF_PARTS = {
    "examples/export-transform/export_transform/": NOTIFICATIONS_RIM | {"export_transform", "paramiko", "pymarc"},
    "examples/loan-cache/loan_cache/": NOTIFICATIONS_RIM | {"loan_cache"},
}
NOTIFICATIONS_RIM_MODULES = {
    "notifications/api_keys.py",
    "notifications/aws_sending.py",
    "notifications/bursts.py",
    "notifications/certificate_cache.py",
    "notifications/certificate_download.py",
    "notifications/contact_table.py",
    "notifications/exchange.py",
    "notifications/local_adapter.py",
    "notifications/notification_queue.py",
    "notifications/pacing.py",
    "notifications/pinned_adapter.py",
    "notifications/producer.py",
    "notifications/producer_handler.py",
    "notifications/secret_values.py",
    "notifications/sender.py",
    "notifications/sender_factory.py",
    "notifications/sender_handler.py",
    "notifications/sender_metrics.py",
    "notifications/sender_queue.py",
    "notifications/sender_table.py",
    "notifications/sender_telemetry.py",
    "notifications/signing.py",
    "notifications/sns_signature.py",
    "notifications/sns_subscription.py",
    "notifications/topic_table.py",
}
RIM_MODULES = {
    f"processor/{name}.py"
    for name in (
        *("handler", "pipeline", "retries", "query_forms", "deliveries", "delivery_records", "dead_letters"),
        *("kept_connections", "webhook_queue", "overflow_bucket"),
        *("telemetry", "metrics", "sentry"),
    )
}


# The folders of `scripts`, from the kernel up: each may import those before it.
FOLDERS = (
    *("cli", "project", "aws", "alma_client", "catalogue"),
    *("routes", "secret", "topics", "drain", "dead_letters", "route_diff", "request_trace", "watch"),
    *("executions", "event_life", "issues", "deploy", "find", "doctor", "fixes", "reconciliation", "overview"),
    *("console", "local", "devtools"),
)

# What does the work of a feature for its faces, besides the modules called `service` and those of `find`.
OTHER_SERVICES = {
    "aws": ("event_follower", "outcome_wait"),
    "console": (
        "per_console",
        *(f"readings/{name}" for name in ("dead_letter_snapshot", "live_filter", "notification_state")),
        *(f"readings/{name}" for name in ("route_trials", "routes_beside")),
        *(f"plans/{name}" for name in ("dead_letter_plan", "plan", "plan_run", "redrive_plan")),
    ),
    "dead_letters": ("audited_export", "planned_selection", "replay_forecast", "replay_wait", "reveal"),
    "doctor": ("checks", "notification_overview", "repair/fix"),
    "reconciliation": ("collect",),
    "request_trace": ("follow", "log"),
    "routes": ("expected", "explain"),
    "topics": ("trial_service",),
    "watch": ("integration_activity", "recent"),
}
SERVICES = [
    *(ROOT / "scripts").glob("*/service.py"),
    *(ROOT / "scripts").glob("find/in_*.py"),
    *(ROOT / "scripts" / folder / f"{name}.py" for folder, names in OTHER_SERVICES.items() for name in names),
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def allowed(name: str) -> frozenset[str]:
    if name.startswith("ingest/"):
        return STANDARD | {"ingest"}
    if name.startswith("notifications/"):
        return NOTIFICATIONS_RIM if name in NOTIFICATIONS_RIM_MODULES else NOTIFICATIONS
    if package := next((each for each in CODE_OF_PARTS if name.startswith(each)), None):
        return CODE_OF_PARTS[package]
    if name == "processor/targets/notifications.py":
        return NOTIFICATION_TARGET
    return RIM if name in RIM_MODULES or name.startswith("processor/targets/") else PURE


class Function(NamedTuple):
    """A function or method; `lines` is its length."""

    name: str
    docstring: str
    lines: int


class Facts(NamedTuple):
    """What the rules are about, of one module."""

    docstring: str
    imports: list[str]
    functions: list[Function]
    private_names: int
    clocks: list[tuple[str, str]]


@cache
def facts(path: Path) -> Facts:
    """Return the facts about a module. Each is parsed and walked once, because that takes longest."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = [*ast.walk(tree)]
    return Facts(
        ast.get_docstring(tree) or "",
        [*imports(nodes)],
        [*functions(nodes)],
        len([*private_names(nodes)]),
        [*clocks(nodes)],
    )


def functions(nodes: Iterable[ast.AST]) -> Iterator[Function]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield Function(node.name, ast.get_docstring(node) or "", (node.end_lineno or 0) - node.lineno + 1)


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(path: Path) -> list[str]:
    permitted = allowed(name_of(path))
    modules = [module for module in facts(path).imports if not is_permitted(module, permitted)]
    return [module for module in modules if not any(f"{module}." in f"{deeper}." for deeper in permitted)]


def above(name: str, modules: Iterable[str]) -> list[str]:
    """Return the modules that a file of `scripts` imports from a folder that is not below its own."""
    folder = name.split("/")[1]
    below = [f"scripts.{each}" for each in FOLDERS[: FOLDERS.index(folder) + 1]]
    ours = [module for module in modules if module.startswith(("scripts.", "benchmarks", "tests"))]
    return [module for module in ours if not is_permitted(module, frozenset(below))]


def is_permitted(module: str, permitted: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in permitted for length in range(1, len(parts) + 1))


def test_modules_import_only_what_their_layer_allows() -> None:
    """Ingest imports only the standard library, pure modules of the others no AWS, and no Lambda imports scripts."""
    folders = ("ingest/", "processor/", "notifications/", *CODE_OF_PARTS)
    shipped = [path for path in SOURCE if name_of(path).startswith(folders)]
    assert {name_of(path): found for path in shipped if (found := forbidden(path))} == {}


def test_examples_import_nothing_of_the_tools() -> None:
    """A library copies an example: its programs do not depend on modules that another version may rename."""
    tools = frozenset({"scripts", "benchmarks", "tests"})
    examples = [path for path in SOURCE if name_of(path).startswith("examples/")]
    found = {name_of(path): [each for each in facts(path).imports if is_permitted(each, tools)] for path in examples}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_folders_of_scripts_import_only_those_below() -> None:
    """Modules never import from a folder above their own, and only the benchmarks import the benchmarks."""
    files = [path for path in SOURCE if name_of(path).startswith("scripts/") and path.parent != ROOT / "scripts"]
    assert {path.parts[len(ROOT.parts) + 1] for path in files} == set(FOLDERS)
    assert {name_of(path): found for path in files if (found := above(name_of(path), facts(path).imports))} == {}


def test_folders_of_the_console_import_only_those_below() -> None:
    """In the console pages import plans, plans import readings, and these two know neither pages nor their frame."""
    folder, above = "scripts.console", ["pages", "plans", "readings"]
    face = ["app", "commands", "guard", "page", "posting", "server", "session"]
    wrong = {}
    for number, name in enumerate(above):
        forbidden = frozenset(f"{folder}.{each}" for each in above[:number] + (face if number else face[:2]))
        for path in (ROOT / "scripts/console" / name).glob("*.py"):
            wrong[name_of(path)] = [each for each in facts(path).imports if is_permitted(each, forbidden)]
    assert {name: found for name, found in wrong.items() if found} == {}


def test_services_neither_print_nor_ask() -> None:
    """A service imports nothing that prints, asks or reads a command line, so that a web page can call it."""
    faces = frozenset({"typer", "rich", "scripts.cli.output", "scripts.cli.prompts"})
    assert all(path in SOURCE for path in SERVICES)
    assert {
        name_of(path): [each for each in facts(path).imports if is_permitted(each, faces)] for path in SERVICES
    } == {name_of(path): [] for path in SERVICES}


def test_the_import_rule_finds_forbidden_imports(tmp_path: Path) -> None:
    """The rule finds a forbidden import anywhere in a module."""
    assert not is_permitted("boto3", PURE)
    assert not is_permitted("processor.alma.events", STANDARD | {"ingest"})
    assert not is_permitted("scripts.main", RIM)
    assert not is_permitted("ingest.handler", RIM)
    assert is_permitted("ingest.envelope.Envelope", PURE)
    assert above("scripts/aws/stack.py", ["scripts.cli.plural", "scripts.deploy", "boto3"]) == ["scripts.deploy"]
    assert above("scripts/deploy/plan.py", ["scripts.local.run", "scripts.main"]) == [
        "scripts.local.run",
        "scripts.main",
    ]
    module = tmp_path / "module.py"
    module.write_text("def f():\n    from boto3 import client\n")
    assert facts(module).imports == ["boto3", "boto3.client"]


def test_every_module_has_a_docstring() -> None:
    """The first line of each module docstring is a sentence."""
    first = {name_of(path): facts(path).docstring.split("\n")[0] for path in SOURCE}
    assert {name: line for name, line in first.items() if not line.endswith(".")} == {}


def test_every_test_has_a_docstring() -> None:
    """Every test docstring is a sentence."""
    tests = [(name_of(path), f) for path in TESTS for f in facts(path).functions if f.name.startswith("test_")]
    assert [(name, test.name) for name, test in tests if not test.docstring.endswith(".")] == []


def test_files_and_functions_stay_small() -> None:
    """No file exceeds 200 lines, and no function 30."""
    assert [name_of(path) for path in SOURCE if path.read_text("utf-8").count("\n") > 200] == []
    assert [(name_of(path), f.name) for path in SOURCE for f in facts(path).functions if f.lines > 30] == []


def test_no_module_has_a_generic_name() -> None:
    """No module is called utils, helpers, common, core or manager."""
    assert {path.stem for path in SOURCE} & {"utils", "helpers", "common", "core", "manager"} == set()


# How often the tests of a folder reach a private name of the source. A number may only fall; other folders have none.
PRIVATE_NAMES = {
    "tests": 1,  # a method of xdist's scheduler that tests/distribution.py overrides and calls
    "tests/benchmarks": 1,
    "tests/fuzz": 2,
    "tests/infra": 1,
    "tests/scripts": 1,
    "tests/scripts/aws": 1,
    "tests/scripts/cli": 1,
    "tests/scripts/dead_letters": 2,
    "tests/scripts/dead_letters/commands": 10,
    "tests/scripts/deploy": 3,
    "tests/scripts/devtools/simulator": 1,
    "tests/scripts/devtools/soak": 1,
    "tests/scripts/doctor": 3,
    "tests/scripts/doctor/repair": 1,
    "tests/scripts/executions": 2,
    "tests/scripts/local": 2,
}
# Names of the standard library that are documented: those of named tuples, and `os._exit`.
DOCUMENTED = {"_replace", "_asdict", "_fields", "_field_defaults", "_exit"}


def private_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield private names that are imported, read from another object than `self`, or named to be replaced."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if is_private(alias.name))
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in DOCUMENTED:
            if not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
                yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            texts = (each.value for each in node.args if isinstance(each, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and any(map(is_private, text.split("."))))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_tests_use_public_names() -> None:
    """Tests of the two Lambdas reach no private name, and other tests reach fewer and fewer."""
    found = Counter[str]()
    for path in (ROOT / "tests").rglob("*.py"):
        found[name_of(path.parent)] += facts(path).private_names
    assert {folder: count for folder, count in found.items() if count > PRIVATE_NAMES.get(folder, 0)} == {}


def test_the_rule_of_private_names_sees_every_way() -> None:
    """An import, an attribute and a replaced name count; those of `self` and of named tuples do not."""
    code = "from a import _b; c._d; e.setattr(f, '_g', 1); e.setattr('h._i.j', 1); self._k; l._replace(m=1); n.__doc__"
    assert sorted(private_names(ast.walk(ast.parse(code)))) == ["_b", "_d", "_g", "h._i.j"]


def clocks(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each parameter default and each keyword that is a clock of `time`, as (name, clock)."""
    for node in nodes:
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
    """A clock named monotonic is always `time.monotonic`, and one named wall is `time.time`."""
    found = {(name_of(path), given) for path in SOURCE for called, given in facts(path).clocks if called == name}
    assert found
    assert {(path, given) for path, given in found if given != clock} == set()
