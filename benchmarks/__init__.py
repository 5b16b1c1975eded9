"""The benchmark: ingest and the processor beside other ways to do the same, on this computer. Judges no build."""
