"""What the commands on dead letters print."""
