"""Executions of workflows that did not succeed: found with their events, and redriven. Starts none."""
