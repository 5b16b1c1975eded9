"""Fail every test whose code logs content of an event (guarantee 22), or calls AWS beyond the record (guarantee 77).

Also distribute the tests to several processes, and measure their CPU time.
"""

import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.canary import CanaryHandler, sung
from tests.cpu_budget import Meter
from tests.fewer_messages import send_less
from tests.iam.product_calls import NAME, ProductCalls

_CANARY = CanaryHandler()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the CPU budget."""
    parser.addoption("--cpu-budget", action="store_true", help="fail if a folder of tests exceeds its CPU budget")


def pytest_configure(config: pytest.Config) -> None:
    """Look at the calls of AWS, and measure CPU time if the option is given."""
    config.pluginmanager.register(ProductCalls(), NAME)
    if config.getoption("--cpu-budget"):
        config.pluginmanager.register(Meter(), "cpu-budget")


def pytest_plugin_registered(plugin: object) -> None:
    """Send less from a process of xdist to the main one."""
    if type(plugin).__name__ == "WorkerInteractor":
        send_less(plugin)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute files so that one process computes while others wait; leave other distributions to xdist."""
    from tests.distribution import MixedScheduling  # only here: the processes that run the tests do not need it

    return MixedScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without the garbage collector, and let it ignore the ten thousand tests: it would visit them often.

    Afterwards it runs less often than by default: nearly all objects of a test are freed without it. No property has a
    time limit: a busy computer would exceed it.
    """
    from hypothesis import HealthCheck, settings  # only here: the processes of xdist start meanwhile

    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Search every log record of a test and of its fixtures for forbidden words, without the cost of a fixture."""
    _CANARY.sung.clear()
    logging.getLogger().addHandler(_CANARY)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail a test if one was found."""
    try:
        yield
    finally:
        logging.getLogger().removeHandler(_CANARY)
    assert _CANARY.sung == set(), f"{item.nodeid} logged content of an event"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Fail a test that printed content of an event and did not capture it."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # the report of the other plugins
    if report.passed and (found := sung(report.capstdout + report.capstderr + report.caplog)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} printed content of an event: {', '.join(sorted(found))}"
    return report  # type: ignore[return-value]  # as above
