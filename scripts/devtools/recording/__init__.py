"""Record a session in a terminal as a picture: the commands of the README and what they print."""
