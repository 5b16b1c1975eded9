"""What runs inside the measured processes, copied there without this project; standard library only."""
