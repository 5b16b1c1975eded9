"""Find a text in the dead letters, the logs and the executions of a stack."""
