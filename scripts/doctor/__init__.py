"""Whether a deployed stack is well: one module for each group of checks. Changes nothing, prints nothing."""
