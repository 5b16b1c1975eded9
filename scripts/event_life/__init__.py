"""Show the life of one event: its log lines, the executions that it started, its dead letter and its state."""
