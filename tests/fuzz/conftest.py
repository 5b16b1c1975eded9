"""Settings of the property tests: 200 fixed examples each, 40 in `make test`, or 5,000 random ones with `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

_BUSY = [HealthCheck.too_slow]  # a busy machine is not a fault of the code under test

settings.register_profile(
    "every-commit", derandomize=True, database=None, deadline=None, max_examples=200, suppress_health_check=_BUSY
)
settings.register_profile(
    "quick", derandomize=True, database=None, deadline=None, max_examples=40, suppress_health_check=_BUSY
)
settings.register_profile(
    "thorough", database=None, deadline=None, max_examples=5000, print_blob=True, suppress_health_check=_BUSY
)
settings.load_profile(os.environ.get("FUZZ_PROFILE", "every-commit"))
