"""The wheel of the project, and the zips for Lambda (run only by `make package`, as they need the network)."""
