"""Test `doctor --fix`."""
