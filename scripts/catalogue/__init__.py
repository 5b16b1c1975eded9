"""The events of Alma that are known: families, values and members, and the command `events`."""
