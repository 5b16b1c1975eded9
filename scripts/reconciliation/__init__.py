"""Reconciles accepted events with their outcomes."""
