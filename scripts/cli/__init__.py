"""The kernel of the command line: options, exit codes, terminal, tables, progress, times, signals."""
