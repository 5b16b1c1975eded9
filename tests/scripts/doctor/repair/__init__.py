"""Tests of what `doctor --fix` does."""
