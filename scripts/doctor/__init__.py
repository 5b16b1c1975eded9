"""Check the health of a deployed stack: one module for each group of checks."""
