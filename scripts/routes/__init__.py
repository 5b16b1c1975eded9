"""Check, explain and complete routes."""
