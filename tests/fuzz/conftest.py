"""How much is tried: the same 200 examples a property with every commit, 5,000 random ones by `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

_BUSY = [HealthCheck.too_slow]  # a machine that is busy is no fault of what is tested

settings.register_profile(
    "every-commit", derandomize=True, database=None, deadline=None, max_examples=200, suppress_health_check=_BUSY
)
settings.register_profile(
    "thorough", database=None, deadline=None, max_examples=5000, print_blob=True, suppress_health_check=_BUSY
)
settings.load_profile(os.environ.get("FUZZ_PROFILE", "every-commit"))
