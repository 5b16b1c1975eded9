"""A workspace and a stub for the tests of the benchmark, measured with the Python that the tests run in: no network."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import measured_python, workspace
from benchmarks.rows import Bench
from benchmarks.stub_process import StubProcess
from scripts.cli.signals import Interrupts


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    python = measured_python.find(Path(sys.executable), lambda _: None)
    return workspace.prepare(tmp_path_factory.mktemp("bench"), python)


@pytest.fixture
def stub(place: workspace.Workspace) -> Iterator[StubProcess]:
    with StubProcess(place.server_certificate, Interrupts()) as running:
        yield running


@pytest.fixture
def bench(place: workspace.Workspace, stub: StubProcess) -> Bench:
    python = measured_python.find(Path(sys.executable), lambda _: None)
    return Bench(python, place, stub.port, Interrupts())
