"""Other ways to do what ours do, as people write them, to measure beside; copied, never imported here."""
