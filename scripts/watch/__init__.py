"""The command `watch`: follow the events of a stack live."""
