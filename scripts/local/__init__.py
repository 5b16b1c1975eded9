"""The laptop's room: the local engine, the run, send. Nothing here is needed on AWS."""
