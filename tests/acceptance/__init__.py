"""The first day on AWS: `make aws-acceptance` shows in an account what the emulator cannot show."""
