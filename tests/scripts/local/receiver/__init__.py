"""Tests of the receiver of `run`."""
