"""Trace one request through the logs."""
