"""The zips for Lambda, built from the registry's wheels: for `make package`, as they need the network."""
