"""Dead letters: finds, explains, replays, edits, keeps and discards them. Prints nothing."""
