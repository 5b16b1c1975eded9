"""Code that runs inside the measured processes, copied without this project; standard library only."""
