"""The wheel: its contents, and its commands outside the repository.

An installation into a fresh environment needs the network; CONTRIBUTING.md has its commands ("Release").
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from scripts.cli.product_files import PROJECT
from scripts.deploy.package import INGEST, PROCESSOR, build
from scripts.main import COMMANDS
from tests.end_to_end.running import Running
from tests.packages.environment import link_packages

pytestmark = pytest.mark.full  # builds and unpacks a wheel, and runs its commands

BUNDLE = "alma_webhooks/bundle/"
FOLDERS = ("infra/cloudformation", "ingest", "processor", "notifications", "scripts", "examples")
NOT_PACKAGED = ("scripts/devtools/mutants.py", "scripts/devtools/code_lines.py", "scripts/devtools/recording/")

# Without site-packages, because the editable installation would make the repository importable.
COMMAND = "import sys; sys.path += sys.argv.pop(1).split(':'); from alma_webhooks import main; main()"
EVERY_MODULE = """
try:
    main()
except SystemExit:
    import importlib, pkgutil, scripts
    for module in pkgutil.walk_packages(scripts.__path__, "scripts."):
        try:
            print(importlib.import_module(module.name).__name__)
        except ModuleNotFoundError as error:
            print(module.name, "needs", error.name)
"""
# The package is in the extra `local`; the module is imported when a local run starts its receiver.
OF_LOCAL = {"scripts.local.receiver.certificate needs cryptography"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without the network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)  # noqa: S603 -- the installed build backend
    [path] = folder.iterdir()
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def unpacked(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def program(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The start of a command line that runs the wheel with only its dependencies."""
    return program_with(unpacked, tmp_path_factory.mktemp("base"), dependencies())


@pytest.fixture(scope="module")
def program_with_emulator(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The same command line with the packages of the extra `local`."""
    return program_with(unpacked, tmp_path_factory.mktemp("local"), dependencies() + extras()["local"])


@pytest.fixture(scope="module")
def program_with_console(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The same command line with the packages of the extra `console`."""
    return program_with(unpacked, tmp_path_factory.mktemp("console"), dependencies() + extras()["console"])


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty folder, to run commands in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def program_with(unpacked: Path, packages: Path, requirements: list[str]) -> list[str]:
    link_packages(requirements, packages)
    return [sys.executable, "-I", "-S", "-u", "-c", COMMAND, f"{unpacked}:{packages}"]


def run(program: list[str], *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 -- the project's own program
        [*program, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def dependencies() -> list[str]:
    return list(project()["dependencies"])


def extras() -> dict[str, list[str]]:
    return dict(project()["optional-dependencies"])


def tracked() -> set[str]:
    """The files of the repository that the bundle must have for installed commands."""
    folders = [PROJECT / name for name in FOLDERS]
    files = [file for folder in folders for file in folder.rglob("*") if "__pycache__" not in file.parts]
    names = {file.relative_to(PROJECT).as_posix() for file in files if file.is_file()}
    lists = {f"requirements/{name}.txt" for name in ("notifications", "processor", "sentry")}
    return lists | {name for name in names if not name.startswith(NOT_PACKAGED)}


def test_the_wheel_has_exactly_the_commands_and_their_files(wheel: zipfile.ZipFile) -> None:
    """The wheel has each file of the listed folders, and no tests but the samples, no benchmarks, no bytecode."""
    bundled = {name.removeprefix(BUNDLE): wheel.read(name) for name in wheel.namelist() if name.startswith(BUNDLE)}
    assert set(bundled) == tracked()
    assert [name for name, content in bundled.items() if content != (PROJECT / name).read_bytes()] == []
    own = {name for name in wheel.namelist() if not name.startswith(BUNDLE)}
    metadata = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    expected = {f"alma_webhooks-{project()['version']}.dist-info/{name}" for name in metadata}
    assert own == {"alma_webhooks/__init__.py"} | expected


def test_the_metadata_names_the_license_the_extras_and_the_command(wheel: zipfile.ZipFile) -> None:
    """The metadata follows pyproject.toml, with a lower bound for each dependency."""
    [metadata] = [wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA")]
    [entry_points] = [wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    fields = Parser().parsestr(metadata)
    assert (fields["Version"], fields["License-Expression"]) == (project()["version"], "Apache-2.0")
    assert fields.get_all("Provides-Extra") == sorted(extras())
    assert fields["Description-Content-Type"] == "text/markdown"
    needed = set(fields.get_all("Requires-Dist") or [])
    assert needed == {*dependencies(), *(f"{each}; extra == '{name}'" for name in extras() for each in extras()[name])}
    assert [line for line in needed if ">=" not in line] == []
    assert entry_points.split() == ["[console_scripts]", "alma-webhooks", "=", "alma_webhooks:main"]


def test_packages_of_the_functions_are_dependencies() -> None:
    """On the emulator, functions import the packages of the environment in which the command is installed."""
    needed = {line.split(">=")[0] for line in dependencies() + extras()["local"]}
    lists = [
        (PROJECT / "requirements" / name).read_text("utf-8")
        for name in ("notifications.in", "processor.in", "sentry.in")
    ]
    named = {line for text in lists for line in text.splitlines() if not line.startswith("#")} - {"-r processor.in"}
    assert named <= needed


def test_the_pinned_versions_are_within_the_bounds() -> None:
    """The tests run with versions that an installation of the wheel can have."""
    needed = [Requirement(line) for line in [*dependencies(), *chain(*extras().values())]]
    assert [each for each in needed if importlib.metadata.version(each.name) not in each.specifier] == []


def test_every_module_finds_what_it_imports(program_with_console: list[str], empty: Path) -> None:
    """Each import is a module of the wheel or a package among the dependencies; one module needs the extra `local`."""
    completed = run([part.replace("main()", EVERY_MODULE) for part in program_with_console], "--version", folder=empty)
    assert (completed.returncode, completed.stderr) == (0, "")
    imported = completed.stdout.splitlines()[1:]
    assert {line for line in imported if " needs " in line} == OF_LOCAL
    assert {source.place.partition(":")[0] for source in COMMANDS.values()} < set(imported)


def test_the_version_is_that_of_the_project(program: list[str], empty: Path) -> None:
    """The version comes from the metadata of the wheel."""
    assert run(program, "--version", folder=empty).stdout == f"alma-webhooks {project()['version']}\n"


def test_routes_and_samples_are_found(program: list[str], empty: Path) -> None:
    """`routes check`, `explain` and `samples` read the files of the wheel, and write nothing."""
    checked = run(program, "routes", "check", "--output", "json", folder=empty)
    explained = run(program, "routes", "explain", "job-end-pod", "--output", "json", folder=empty)
    listed = run(program, "routes", "samples", folder=empty)
    assert (checked.returncode, explained.returncode, listed.returncode) == (0, 0, 0)
    facts = json.loads(checked.stdout)
    assert facts["problems"] == []
    assert f"/{BUNDLE}examples/complete/routes.yaml" in facts["file"]
    assert json.loads(explained.stdout)["deliveries"]
    assert "job-end-pod" in listed.stdout
    assert list(empty.iterdir()) == []


def test_the_zips_are_the_same_as_from_the_repository(program: list[str], empty: Path, tmp_path: Path) -> None:
    """The zips are equal byte for byte; those for Lambda add packages of the same requirements."""
    completed = run(program, "package", "--out", str(tmp_path / "zips"), folder=empty)
    assert (completed.returncode, completed.stderr) == (0, "")
    zips = {
        contents.name: (tmp_path / "zips" / f"{contents.name}.zip").read_bytes() for contents in (INGEST, PROCESSOR)
    }
    assert zips == {contents.name: build(contents).content for contents in (INGEST, PROCESSOR)}
    assert list(empty.iterdir()) == []


def test_a_command_reports_a_missing_extra(program: list[str], empty: Path) -> None:
    """If the emulator is not installed, the command says which project it uses, and that; and exits with code 2."""
    completed = run(program, "run", "--once", folder=empty)
    assert (completed.returncode, completed.stdout) == (2, "")
    used, problem = completed.stderr.splitlines()
    assert used.startswith("using ")
    assert f"/{BUNDLE}examples/complete (the shipped example" in used
    assert problem == "alma-webhooks: The emulator is not installed: pip install 'alma-webhooks[local]'."


def test_the_console_reports_its_missing_extra(program: list[str], empty: Path) -> None:
    """If the packages of the console are not installed, the command says which extra has them, and exits with 2."""
    completed = run(program, "console", folder=empty)
    assert (completed.returncode, completed.stdout) == (2, "")
    assert completed.stderr == "alma-webhooks: The console is not installed: pip install 'alma-webhooks[console]'.\n"


def test_the_pipeline_runs_and_processes_an_event(program_with_emulator: list[str], empty: Path) -> None:
    """`run` deploys the templates of the wheel to the emulator, and `send` posts a sample of the wheel."""
    program = program_with_emulator
    with Running(empty.parent, "--no-samples", "--port", "0", program=program, cwd=empty) as running:
        sent = run(program, "send", "loan-created", running.facts["webhook_url"], folder=empty)
        assert (sent.returncode, sent.stdout[:3]) == (0, "200")
        assert sent.stderr.startswith("stage dev (default), region us-east-1 (that of the emulator), ")
    assert list(empty.iterdir()) == []
