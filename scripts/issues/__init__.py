"""Group dead letters and failed executions by cause into issues, with a state and a note that operators set."""
