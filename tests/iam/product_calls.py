"""Fails a test in whose process product code calls an AWS operation that the record lacks.

The record is of commands and of the processor's handler, which run in processes of their own (tests/iam/recorder.py).
In the other tests moto, a stubber or the emulator answers botocore's clients. Resources are invented there, so only the
action is compared, with the roles that may run the code. A call counts as product code's if the nearest caller in this
repository is not a test, so fixtures do not count.

Ingest signs its requests itself: its calls are those that a test in the place of its client passes on to moto
(tests/ingest/test_ports.py). test_record.py compares the operations in its source with `signed.SIGNED`.
"""

import inspect
from collections.abc import Generator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from botocore.model import OperationModel

from tests.iam.record import known
from tests.iam.recorder import observe
from tests.iam.requests import action_of_call
from tests.iam.roles import roles_of_code
from tests.iam.signed import SIGNED

NAME: Final = "product-calls"
"""The name of the plugin."""

_ROOT: Final = Path(__file__).parents[2]
_EXAMPLES: Final = "examples"
_FOLDERS: Final = frozenset({"ingest", "processor", "scripts", "tests", _EXAMPLES})


class ProductCalls:
    """A pytest plugin that looks at each call of the clients of botocore that this process creates from now on."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}  # in order, each once
        self._end = observe(self._look)

    def pytest_unconfigure(self) -> None:
        """Look at no clients that are created later."""
        self._end()

    def _look(self, model: OperationModel, **_: Any) -> None:
        """Keep a sentence about an unknown call, before it is made."""
        modules = callers(inspect.currentframe())
        if sentence := _unknown(model.service_model.service_name, model.name, modules):
            self._sentences[sentence] = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail a test in which product code made an unknown call, also if the code ignores errors."""
        report = yield
        if (sentences := self.taken()) and report.passed:
            report.outcome = "failed"
            report.longrepr = "\n".join(sentences)
        return report

    def taken(self) -> list[str]:
        """Return a sentence for each unknown call since the last time."""
        found, self._sentences = [*self._sentences], {}
        return found


def callers(frame: FrameType | None) -> tuple[str, ...]:
    """Return the product modules that led to a frame, the caller first, up to the nearest test; none for tests.

    None for the functions of an example either, which have roles of their own (`loan_cache.py`).
    """
    modules, is_of_test = list[str](), False
    while frame:
        module = _module_of(frame.f_code.co_filename)
        if module.startswith("tests/"):
            if modules:
                break
            is_of_test = True
        elif module.startswith(_EXAMPLES):
            return ()
        elif module:
            if is_of_test and not module.startswith("ingest/"):
                break
            modules.append(module)
        frame = frame.f_back
    return tuple(modules)


@cache
def _module_of(file: str) -> str:
    """Return the path of a module in the repository; an empty text for this one and for other code."""
    path = Path(file)
    if file == __file__:
        return ""
    parts = path.relative_to(_ROOT).parts if path.is_relative_to(_ROOT) else ("",)
    return "/".join(parts) if parts[0] in _FOLDERS else ""


@cache
def _unknown(service: str, operation: str, modules: tuple[str, ...]) -> str:
    """Return a sentence about a call that no role may make that runs these modules; an empty text for any other."""
    action = action_of_call(service, operation)
    roles = sorted(roles_of_code(modules)) if action and modules else []
    if not roles or any(action in _actions().get(role, ()) for role in roles):
        return ""
    return (
        f"{modules[0]} calls {action}, which tests/iam/record.json lacks for the roles of this code "
        f"({', '.join(roles)}): run an end-to-end test of the call with IAM_RECORD=build/calls and then "
        "python -m tests.iam.record build/calls, or without such a test add the request to tests/iam/in_process.yaml"
    )


@cache
def _actions() -> Mapping[str, frozenset[str]]:
    """Return the actions of the known requests by role."""
    return {role: frozenset(each.action for each in requests) for role, requests in [*known().items(), *SIGNED.items()]}
