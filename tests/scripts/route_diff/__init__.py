"""Tests of `routes diff`."""
