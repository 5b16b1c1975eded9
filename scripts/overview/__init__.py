"""Sums up a stack for the overview of the console: flow, latency, queues, alarms and a verdict."""
