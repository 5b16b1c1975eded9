"""AWS in the test process, as for the processor."""

from tests.processor.conftest import aws

__all__ = ["aws"]
