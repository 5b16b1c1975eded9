"""What operators are about to do or have done: planned, confirmed once, and run in the background."""
