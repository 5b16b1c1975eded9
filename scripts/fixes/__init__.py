"""Fix the causes of dead letters, and replay them: the command `dead-letters fix`."""
