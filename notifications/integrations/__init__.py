"""Integrations: one module for each service that notifications are sent to."""
