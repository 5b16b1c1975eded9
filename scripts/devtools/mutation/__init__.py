"""Judges the survivors of mutation tests."""
