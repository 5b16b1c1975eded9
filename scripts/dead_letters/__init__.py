"""Find, explain, replay, edit, export and discard dead letters."""
