"""Moto for the clients of botocore alone: starting and stopping it takes 0.1 ms instead of 6, and calls take less."""

import functools
import time
from datetime import datetime

import botocore.useragent
import moto.core.responses
import moto.core.utils
import moto.sqs.models
from moto.core.model_instances import reset_model_data
from moto.core.models import MockAWS, botocore_stubber

from tests import moto_calls

# Every call converts the same few texts again.
for _module, _function in (
    (botocore.useragent, "sanitize_user_agent_string_component"),
    (moto.core.responses, "camelcase_to_underscores"),
    (moto.core.responses, "method_names_from_class"),
    (moto.sqs.models, "camelcase_to_underscores"),
):
    vars(_module)[_function] = functools.cache(vars(_module)[_function])

# Moto's queue asks for the time more than once for each of its messages, whenever anything is asked of it.
_unix_time = moto.core.utils.unix_time


def _quick_unix_time(dt: datetime | None = None) -> float:
    return _unix_time(dt) if dt else time.time()


moto.core.utils.unix_time = _quick_unix_time

moto_calls.install()


class MockedAws(MockAWS):
    """Moto without its two thousand URL patterns for the package `requests`, which no code under test uses."""

    def _enable_patching(self, reset: bool = True) -> None:  # noqa: FBT002 -- as moto declares it
        botocore_stubber.enabled = True
        if reset:
            self.reset()

    def _disable_patching(self, remove_data: bool) -> None:
        botocore_stubber.enabled = False
        if remove_data:
            self.reset()
            reset_model_data()
