"""Tests of `dead-letters fix`."""
