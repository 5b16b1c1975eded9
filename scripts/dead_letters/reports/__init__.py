"""The output of the `dead-letters` commands."""
