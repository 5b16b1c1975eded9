"""Alternative handlers, as people write them, for comparison; copied, never imported here."""
