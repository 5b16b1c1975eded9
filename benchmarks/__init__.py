"""The benchmark: ingest and the processor beside other implementations, on this computer. It never fails a build."""
