"""Traces one request through the logs."""
