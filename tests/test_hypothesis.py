"""The settings of Hypothesis for all tests."""

from hypothesis import HealthCheck, settings


def test_no_property_has_a_time_limit() -> None:
    """A busy computer would exceed it, and times belong to the benchmark."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
