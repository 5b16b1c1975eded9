"""A workspace and a stub for the tests of the benchmark, measured with the Python that the tests run in: no network."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import measured_python, workspace
from benchmarks.rows import Bench
from benchmarks.stub import Stub
from scripts.cli.signals import Interrupts


@pytest.fixture(scope="session")
def running_stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, running_stub: Stub) -> workspace.Workspace:
    python = measured_python.find(Path(sys.executable), lambda _: None)
    return workspace.prepare(tmp_path_factory.mktemp("bench"), python, running_stub.authority)


@pytest.fixture
def stub(running_stub: Stub) -> Stub:
    running_stub.counts()  # forgets those of the test before
    return running_stub


@pytest.fixture
def bench(place: workspace.Workspace, stub: Stub) -> Bench:
    python = measured_python.find(Path(sys.executable), lambda _: None)
    return Bench(python, place, stub.port, Interrupts())
