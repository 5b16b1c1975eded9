"""Where the end-to-end tests' stack comes from: one run for all of them, or one that is deployed already, by options.

A test that takes the fixture `stack` runs on either. Others may use that stack too, so the test finds its own events by
their receipt ids and breaks nothing. Every other test has an emulator or a run of its own, and is left out where the
stack is a deployed one.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import CommandError
from scripts.cli.signals import Interrupts
from tests.end_to_end.deployed import Deployed, add_options, opened, wait_as_told
from tests.end_to_end.rights import held_to_rights
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, looked_at

_DEPLOYED = pytest.StashKey[Deployed | None]()
_TOLD = pytest.StashKey[str]()
_LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when tests/end_to_end is among the arguments."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Opens the stack that the options name, before anything begins."""
    with _exiting():
        config.stash[_DEPLOYED] = opened(lambda name: config.getoption(name, None))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Says which stack it is."""
    if deployed := session.config.stash[_DEPLOYED]:
        wait_as_told(session.config.getoption("patience"), deployed)
        told = {**deployed.scope.facts(), "profile": deployed.profile}
        _terminal(session.config).write_line(", ".join(f"{name} {value}" for name, value in told.items()))


def runs_on_any_stack(item: pytest.Item) -> bool:
    """Whether a test takes its stack from here and asks nothing else of where it runs."""
    names: list[str] = getattr(item, "fixturenames", [])
    return "stack_of_options" in names and "running" not in names


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what a deployed stack cannot serve."""
    if config.stash[_DEPLOYED]:
        left_out = [item for item in items if not runs_on_any_stack(item)]
        config.stash[_LEFT_OUT] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if runs_on_any_stack(item)]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """How many were left out, and why."""
    count = config.stash.get(_LEFT_OUT, 0)
    why = "they have a run of their own, for what they do would break a stack that others use, or needs an empty one"
    return [f"{count} tests are left out: {why}"] if count else []


def pytest_terminal_summary(config: pytest.Config) -> None:
    """What became of what was made on a deployed stack."""
    if told := config.stash.get(_TOLD, ""):
        _terminal(config).write_line(told)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A run without samples, stopped by Ctrl-C at the end: exit 130, no process and no file left."""
    # A short timeout, so that of equal events at once the others are settled soon.
    arguments = ("--port", "0", "--no-samples", "--parameter=ProcessorTimeout=15")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as run:
        yield run
        assert run.end(signal.SIGINT) == 130, run.err
        assert run.workers() == []
        assert list(run.folder.iterdir()) == []


@pytest.fixture(scope="session")
def stack_of_options(pytestconfig: pytest.Config) -> Deployed | None:
    """The stack that the options name; without them there is none, and the tests' own run is taken."""
    return pytestconfig.stash[_DEPLOYED]


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, stack_of_options: Deployed | None) -> Iterator[Stack]:
    """A stack that others may use too, with a queue subscribed to all its topics: post to it, break nothing there."""
    if stack_of_options is None:
        facts = request.getfixturevalue("running").facts
        scope = held_to_rights(open_stack_context("dev", facts["stack"], facts["endpoint_url"]))
        with looked_at(scope, facts, Interrupts(), shared=True) as stack:
            yield stack
        return
    scope, facts = held_to_rights(stack_of_options.scope), stack_of_options.facts
    with _exiting(), Interrupts() as interrupts, looked_at(scope, facts, interrupts, shared=True) as stack:
        yield stack
        left = stack.tidy()
        request.config.stash[_TOLD] = f"posted events: {len(stack.receipts)}, dead letters taken away: {stack.taken}"
        assert left == [], "these events have not come to their end, or their dead letters are not found"


@contextmanager
def _exiting() -> Iterator[None]:
    """Ends the session with the sentence and the exit code that a command would have."""
    try:
        with aws_errors_explained():
            yield
    except CommandError as error:
        pytest.exit(f"alma-webhooks: {error}", error.exit_code)


def _terminal(config: pytest.Config) -> pytest.TerminalReporter:
    found = config.pluginmanager.getplugin("terminalreporter")
    assert isinstance(found, pytest.TerminalReporter)
    return found
