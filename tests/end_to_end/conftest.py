"""Provides the stack of the end-to-end tests: one local run for all of them, or a deployed stack given by options.

A test with the fixture `stack` runs on either. Others may use that stack at the same time, so the test finds its own
events by their receipt ids and changes nothing else. Every other test has its own emulator or run, and is skipped on a
deployed stack.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import CommandError
from scripts.cli.signals import Interrupts
from tests.end_to_end.addresses import address_at
from tests.end_to_end.deployed import Deployed, add_options, opened, set_patience
from tests.end_to_end.rights import held_to_rights
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, looked_at

_DEPLOYED = pytest.StashKey[Deployed | None]()
_SUMMARY = pytest.StashKey[str]()
_LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; pytest knows them if tests/end_to_end is among its arguments."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Open the stack that the options name before the session begins."""
    with _exiting():
        config.stash[_DEPLOYED] = opened(lambda name: config.getoption(name, None))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print which stack is tested."""
    if deployed := session.config.stash[_DEPLOYED]:
        set_patience(session.config.getoption("patience"), deployed)
        facts = {**deployed.scope.facts(), "profile": deployed.profile}
        _terminal(session.config).write_line(", ".join(f"{name} {value}" for name, value in facts.items()))


def runs_on_any_stack(item: pytest.Item) -> bool:
    """Return whether a test uses the fixture `stack` and not the local run."""
    names: list[str] = getattr(item, "fixturenames", [])
    return "stack_of_options" in names and "running" not in names


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that cannot run on a deployed stack."""
    if config.stash[_DEPLOYED]:
        left_out = [item for item in items if not runs_on_any_stack(item)]
        config.stash[_LEFT_OUT] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if runs_on_any_stack(item)]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Print how many tests were deselected, and why."""
    count = config.stash.get(_LEFT_OUT, 0)
    why = "they have a run of their own, for what they do would break a stack that others use, or needs an empty one"
    return [f"{count} tests are left out: {why}"] if count else []


def pytest_terminal_summary(config: pytest.Config) -> None:
    """Print how many events were posted to a deployed stack and how many dead letters were removed."""
    if summary := config.stash.get(_SUMMARY, ""):
        _terminal(config).write_line(summary)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a run without samples; at the end Ctrl-C stops it with exit code 130, leaving no process and no file."""
    # A short timeout, so that simultaneous equal events have their outcomes soon.
    arguments = ("--port", "0", "--no-samples", "--parameter=ProcessorTimeout=15")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as run:
        yield run
        assert run.end(signal.SIGINT) == 130, run.err
        assert run.workers() == []
        assert list(run.folder.iterdir()) == []


@pytest.fixture(scope="session")
def stack_of_options(pytestconfig: pytest.Config) -> Deployed | None:
    """Return the stack that the options name, or None to use the local run."""
    return pytestconfig.stash[_DEPLOYED]


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, stack_of_options: Deployed | None) -> Iterator[Stack]:
    """Provide a stack that others may use too, with a queue subscribed to all its topics; tests only post to it."""
    if stack_of_options is None:
        facts = request.getfixturevalue("running").facts
        scope = held_to_rights(open_stack_context(address_at("dev", facts["stack"], facts["endpoint_url"])))
        with looked_at(scope, facts, Interrupts(), shared=True) as stack:
            yield stack
        return
    scope, facts = held_to_rights(stack_of_options.scope), stack_of_options.facts
    with _exiting(), Interrupts() as interrupts, looked_at(scope, facts, interrupts, shared=True) as stack:
        yield stack
        left = stack.tidy()
        request.config.stash[_SUMMARY] = f"posted events: {len(stack.receipts)}, dead letters taken away: {stack.taken}"
        assert left == [], "these events have not come to their end, or their dead letters are not found"


@contextmanager
def _exiting() -> Iterator[None]:
    """Exit the session with the message and the exit code of a failed command."""
    try:
        with aws_errors_explained():
            yield
    except CommandError as error:
        pytest.exit(f"alma-webhooks: {error}", error.exit_code)


def _terminal(config: pytest.Config) -> pytest.TerminalReporter:
    found = config.pluginmanager.getplugin("terminalreporter")
    assert isinstance(found, pytest.TerminalReporter)
    return found
