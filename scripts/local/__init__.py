"""The laptop's room: the emulator, the run, send. Nothing here is needed on AWS."""
