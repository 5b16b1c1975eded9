"""Executions of state machines that did not succeed: found with their events, and redriven. Starts none."""
