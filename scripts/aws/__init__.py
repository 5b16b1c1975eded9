"""Access AWS: clients, stack context, logs, lock, audit log, clock, emulator."""
