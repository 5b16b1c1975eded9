"""Run the command with `python -m alma_webhooks`."""

from alma_webhooks import main

main()
