"""The wheel of the project, and the zips for Lambda (those only for `make package`, as they need the network)."""
